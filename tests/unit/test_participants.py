"""Whom lists of participants stand for: people and teams by name, columns of CSV files, and their places."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.core import document as limits
from zapi_sync.core.config import Config, read_config
from zapi_sync.core.phone_doubts import phone_doubts
from zapi_sync.errors import Code, ConfigInvalid, Diagnostic

from .drawn import QUICK
from .made import document, refusal, told, with_tables
from .test_verdict import GROUPS_SCHEMA

ANA, BIA, CAU = "5544999990001", "5544999990002", "5544999990003"
PEOPLE = f"people: {{ana: '{ANA}', bia: '+55 44 99999-0002'}}\n"


def config(*texts: str, tables: Mapping[str, str] | None = None) -> Config:
    documents = (document(f"version: 1\n{text}", f"{n}.yaml") for n, text in enumerate(texts, 1))
    return read_config((with_tables(each, tables or {}) for each in documents), GROUPS_SCHEMA)


def of(phones: str, more: str = PEOPLE, **tables: str) -> tuple[str, ...]:
    """The participants of a group with these `phones`."""
    (group,) = config(one(phones) + more, tables=csv(tables)).groups
    return group.phones


def one(phones: str) -> str:
    return f"groups:\n  a:\n    groupName: A\n    phones: {phones}\n"


def csv(tables: Mapping[str, str]) -> dict[str, str]:
    return {f"{name}.csv": text for name, text in tables.items()}


def wrong(*texts: str, **tables: str) -> list[str]:
    return refusal(ConfigInvalid, lambda: config(*texts, tables=csv(tables)))


def first_place(*texts: str, **tables: str) -> tuple[str, tuple[str, int | None, int | None]]:
    """Of the only complaint the word about another place, and that place."""
    with pytest.raises(ConfigInvalid) as refused:
        config(*texts, tables=csv(tables))
    (complaint,) = refused.value.diagnostics
    ((word, place),) = complaint.also
    return word, (place.file, place.line, place.column)


@pytest.mark.parametrize(
    ("phones", "teams", "expected"),
    [
        ("[ana]", "", (ANA,)),
        (f"['{CAU}', bia, ana]", "", (CAU, BIA, ANA)),
        ("[t]", "t: [bia, ana]", (BIA, ANA)),
        ("[t, ana]", "t: [bia, ana]", (BIA, ANA)),
        ("[ana, t]", "t: [bia, ana]", (ANA, BIA)),
        (f"['{BIA}', t]", "t: [bia, ana]", (BIA, ANA)),
        ("[t, u]", f"t: [bia, ana]\n  u: [ana, '{CAU}']", (BIA, ANA, CAU)),
        ("[u]", f"u: [t, '{CAU}']\n  t: [bia, ana]", (BIA, ANA, CAU)),
        ("[u, t]", "u: [t]\n  t: [bia, ana]", (BIA, ANA)),
        ("[t]", "t: [ana, 123@lid]", (ANA,)),
    ],
)
def test_a_name_stands_for_its_numbers(phones: str, teams: str, expected: tuple[str, ...]) -> None:
    assert of(phones, PEOPLE + (f"teams:\n  {teams}\n" if teams else "")) == expected


def test_a_person_has_one_number_in_any_spelling() -> None:
    text = one("[t, '554499990001']") + PEOPLE + "teams: {t: [ana]}\n"  # without the ninth digit
    assert config(text).groups[0].phones == (ANA,)


def test_names_are_shared_by_all_files_whatever_their_order() -> None:
    found = config(one("[t, ana]"), f"groups: {{}}\nteams: {{t: [bia, '{CAU}']}}\n", "groups: {}\n" + PEOPLE)
    assert found.groups[0].phones == (BIA, CAU, ANA)
    assert found.files == ("1.yaml", "2.yaml", "3.yaml")


def test_groups_keep_their_order_where_other_files_are_read_ahead() -> None:
    second = "groups:\n  b: {groupName: B, phones: [ana]}\n" + PEOPLE
    assert [each.key for each in config(one("[ana]"), second).groups] == ["a", "b"]


def test_a_name_that_is_nobody_s_is_told_with_what_was_probably_meant() -> None:
    no_phone = "is no phone number, and nobody in `people` or `teams` is called so"
    assert wrong(one("[anna]") + PEOPLE) == [f'1.yaml:5:14+4 error: "anna" {no_phone} | did you mean "ana"?']
    assert wrong(one("[zezinho]")) == [
        f'1.yaml:5:14+7 error: "zezinho" {no_phone} | write the number, as in 5544999999999, or say under '
        "`people:` whose name this is"
    ]


def test_who_is_called_so_in_a_file_that_cannot_be_read_is_not_told() -> None:
    unread = f"groups: {{}}\npeople: ['{ANA}']\n"
    assert wrong(one("[ana]"), "nonsense\n")[0].startswith("2.yaml:2:1")
    assert [line[:8] for line in wrong(one("[ana]"), unread)] == ["2.yaml:3"]
    broken = wrong(one("[ana]") + "people: {ana: 12}\nteams: {t: [Ana], u: 3}\n")
    assert [line.split(" | ")[0].split("error: ")[1] for line in broken] == [
        "a phone number has 8 to 15 digits, and 12 has 2",
        "this entry of a team must be a phone number, as in 5544999999999 or +55 44 99999-9999, "
        'and this is the text "Ana"',
        'the team "u" must be a list of phone numbers, and this is the text "3"',
    ]


def test_two_are_not_called_the_same() -> None:
    text = "groups: {}\n" + PEOPLE
    message = (
        'error: two are called "ana", and names are shared by the people and teams of all files | '
        "give one of the two another name"
    )
    assert wrong(text, "groups: {}\nteams: {ana: [bia]}\n") == [f"2.yaml:3:9+3 {message}"]
    assert first_place(text, "groups: {}\nteams: {ana: [bia]}\n") == ("first written here", ("1.yaml", 3, 10))


@pytest.mark.parametrize(
    ("phones", "complaint", "also"),
    [
        ("[ana, bia, ana]", f"5:24+3 error: the phone {ANA} is in this group already", 14),
        (f"['{ANA}', ana]", f"5:31+3 error: the phone {ANA} is in this group already", 14),
        ("[t, ana, ana]", f"5:22+3 error: the phone {ANA} is in this group already", 17),
        ("[t, ana, t]", '5:22+1 error: the team "t" is in this group already', 14),
    ],
)
def test_who_is_written_twice_is_told(phones: str, complaint: str, also: int) -> None:
    text = one(phones) + PEOPLE + "teams: {t: [ana]}\n"
    assert wrong(text) == [f"1.yaml:{complaint} | remove one of the two"]
    assert first_place(text) == ("first written here", ("1.yaml", 5, also))


def test_who_is_written_twice_in_a_team_is_told_there_once() -> None:
    text = one("[t]") + "  b: {groupName: B, phones: [t]}\n" + PEOPLE + f"teams: {{t: [ana, '{ANA}']}}\n"
    assert wrong(text) == [
        f"1.yaml:8:18+15 error: the phone {ANA} is in this team already | remove one of the two"
    ]


@pytest.mark.parametrize(
    ("teams", "complaints"),
    [
        ("{t: [t]}", ['1.yaml:2:13+1 error: the team "t" is part of itself']),
        ("{t: [u], u: [t]}", ['1.yaml:2:21+1 error: the team "t" is part of itself, through "u"']),
        (
            f"{{t: ['{ANA}', u], u: [v], v: [w, u], w: ['{BIA}']}}",
            ['1.yaml:2:49+1 error: the team "u" is part of itself, through "v"'],
        ),
    ],
)
def test_a_team_is_no_part_of_itself(teams: str, complaints: list[str]) -> None:
    text = f"teams: {teams}\n" + one("[t]")
    assert wrong(text) == [f"{each} | remove it from one of the teams" for each in complaints]


def test_teams_reach_as_deep_as_they_are_written() -> None:
    depth = 5000
    teams = "".join(f"  t{n}: [t{n + 1}]\n" for n in range(depth))
    assert of("[t0]", f"teams:\n{teams}  t{depth}: ['{ANA}']\n") == (ANA,)


def test_what_teams_stand_for_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_EXPANDED", 100)
    teams = "".join(f"  t{n}: [t{n - 1}, t{n - 2}]\n" for n in range(2, 40))
    text = f"teams:\n  t0: ['{ANA}']\n  t1: ['{BIA}']\n{teams}" + one("[t39]")
    (found,) = wrong(text)
    assert "error: what ranges, names, CSV files and aliases stand for up to here is more than" in found
    assert "split them over several runs" in found


def test_doubts_about_a_number_stand_where_it_stands() -> None:
    text = one("[t]") + "people: {ana: '4499990001'}\nteams: {t: [ana, {csv: m.csv}]}\n"
    found = config(text, tables={"m.csv": "name,phone\nBia,11111111111\n"})
    doubts = phone_doubts(found, {group.key for group in found.groups})
    assert [line.split(" warning")[0] for line in told(doubts)] == ["1.yaml:6:15+12", "m.csv:2:5+11"]


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        (f"phone\n{ANA}\n{BIA}\n", "", (ANA, BIA)),
        (f"phone\r\n{ANA}\r\n\r\n{BIA}", "", (ANA, BIA)),
        (f"name,phone\nAna,{ANA}\nNobody,\nNobody,  \nNo cell\nBia,+55 44 99999-0002\n", "", (ANA, BIA)),
        (f"nome;telefone\nSilva, Ana;{ANA}\n", "telefone", (ANA,)),
        (f'"a, b";phone\nx;{ANA}\n', "", (ANA,)),
        (f'name,phone\n"Silva, Ana","{ANA}"\n"two\nlines ""so""",{BIA}\n', "", (ANA, BIA)),
        (f" phone , name\n {ANA} ,Ana\n", "", (ANA,)),
        (f"phone,1\n1,{ANA}\n", "1", (ANA,)),
        (f"phone\n{ANA}\n123@lid\n", "", (ANA,)),
    ],
)
@pytest.mark.parametrize("form", ["{csv: m.csv%s}", "[{csv: m.csv%s}]"])
def test_a_column_of_a_csv_file_stands_for_its_cells(
    text: str, column: str, expected: tuple[str, ...], form: str
) -> None:
    assert of(form % (f", column: {column}" if column else ""), m=text) == expected


_AS_IN = "write country, area and number, as in 5544999999999"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            f"name,phone\nAna,{ANA}\nBia,none\n",
            f'm.csv:3:5+4 error: "none" is not a phone number | {_AS_IN} or +55 44 99999-9999',
        ),
        (
            'name;phone\n"Silva; ""Ana""";="5544"\n',
            f'm.csv:2:18+7 error: "="5544"" is not a phone number | {_AS_IN} or +55 44 99999-9999',
        ),
        (
            'name;phone\n"a "";"" b";none\n',
            f'm.csv:2:13+4 error: "none" is not a phone number | {_AS_IN} or +55 44 99999-9999',
        ),
        (
            f'name,phone\n"two\nlines",{ANA}\nx,none\n',
            f'm.csv:4:3+4 error: "none" is not a phone number | {_AS_IN} or +55 44 99999-9999',
        ),
        (
            'phone;name\n"1\n2";x\n',
            "m.csv:2:1+2 error: a phone number has 8 to 15 digits, and 12 has 2 | " + _AS_IN,
        ),
        (
            f"phone\n{ANA}\n{BIA}\n+{ANA}\n",
            f"m.csv:4:1+14 error: the phone {ANA} is in this group already | remove one of the two",
        ),
        (
            "nome,fone\nx,1\n",
            'm.csv:1:1+9 error: this CSV file has no column "phone" | did you mean `column: fone`?',
        ),
        (
            "nome,Celular\nx,1\n",
            'm.csv:1:1+12 error: this CSV file has no column "phone" | say `column:`, one of nome, Celular',
        ),
        (
            "phone,phone\n",
            'm.csv:1:1+11 error: two columns of this CSV file are called "phone" | '
            "give one of the two another name",
        ),
        (
            'phone,"b\nc"\n12,1\n',
            "m.csv:3:1+2 error: a phone number has 8 to 15 digits, and 12 has 2 | " + _AS_IN,
        ),
        (
            "",
            "m.csv:1:1+1 error: there is no header in this CSV file | begin it with the names of its columns",
        ),
        (
            f'phone\n{ANA}\n"{BIA}\n{CAU}\n',
            "m.csv:3:1+1 error: from this row on, this is no CSV: a quote is not closed, or text stands "
            'after one | close it, and write a quote within a quoted cell twice: ""',
        ),
        (
            f'phone\n"{ANA}" x\n',
            "m.csv:2:1+1 error: from this row on, this is no CSV: a quote is not closed, or text stands "
            'after one | close it, and write a quote within a quoted cell twice: ""',
        ),
        (
            f"phone\n{'1' * 200_000}\n",
            "m.csv:2:1+1 error: a cell is longer than any text | is this a CSV file? Is a quote not closed?",
        ),
        (
            "phone\n" + "".join(f"{n}\n" for n in range(10**9, 10**9 + 10_001)),
            "1.yaml:5:20+5 error: more than 10,000 phones stand in this column of the CSV file | "
            "split the group and the file",
        ),
        (
            "phone\n\n",
            "1.yaml:5:13+1 error: nobody is in this group: the CSV column that it names is empty | "
            "add at least one phone number",
        ),
    ],
)
def test_what_is_wrong_with_a_csv_file_is_told_where_it_stands(text: str, complaint: str) -> None:
    assert wrong(one("[{csv: m.csv}]"), m=text) == [complaint]


def test_a_csv_file_that_cannot_be_read_is_told_where_it_is_named() -> None:
    assert wrong(one("{csv: none.csv}")) == [
        "1.yaml:5:19+8 error: this CSV file cannot be read: it is not there | write it"
    ]


def test_a_csv_file_is_seen_however_its_key_is_written() -> None:
    text = one('{"\\x63sv": m}')
    assert config(text, tables={"m": f"phone\n{ANA}\n"}).groups[0].phones == (ANA,)


def test_the_first_of_two_cells_is_shown() -> None:
    both = f"name,phone\nAna,{ANA}\nAna again,{ANA}\n"
    assert first_place(one("{csv: m.csv}"), m=both) == ("first written here", ("m.csv", 2, 5))
    twice = one("[{csv: m.csv}, {csv: m.csv}]")
    assert first_place(twice, m=f"phone\n{ANA}\n") == ("first written here", ("1.yaml", 5, 20))
    assert first_place(one(f"['{ANA}', {{csv: m.csv}}]"), m=f"phone\n{ANA}\n") == (
        "first written here",
        ("1.yaml", 5, 14),
    )


@pytest.mark.parametrize(
    ("phones", "complaint"),
    [
        ("{csv: m.csv, colum: x}", '5:26+5 error: unknown attribute "colum"'),
        ("{cvs: m.csv}", '5:14+3 error: unknown attribute "cvs"'),
        ("[{cvs: m.csv}]", '5:15+3 error: unknown attribute "cvs"'),
        ("{name: Ana}", '5:13+1 error: `phones` of the group "a" must be a list of phone numbers, and this'),
        ("[{name: Ana}]", "5:14+1 error: this entry of `phones` must be a phone number, as in"),
        ("{csv: []}", '5:19+1 error: `csv` of the group "a" must be the path of a CSV file, and this is a'),
        ("{csv: m.csv, column: ''}", '5:34+2 error: `column` of the group "a" must be the name of a column'),
    ],
)
def test_a_mapping_among_phones_names_a_csv_file(phones: str, complaint: str) -> None:
    (found,) = wrong(one(phones), m=f"phone\n{ANA}\n")
    assert found.startswith(f"1.yaml:{complaint}")


def test_a_name_has_a_form() -> None:
    rule = "a name is 1 to 100 of a-z, 0-9, `-` and `_`, and begins with a letter"
    assert wrong(f"groups: {{}}\npeople: {{Ana: '{ANA}'}}\nteams: {{1a: ['{ANA}']}}\n") == [
        f'1.yaml:3:10+3 error: "Ana" cannot be the name of a person | {rule}',
        f'1.yaml:4:9+2 error: "1a" cannot be the name of a team | {rule}',
    ]


@QUICK
@given(st.lists(st.sampled_from([ANA, BIA, CAU, "5511988887777"]), min_size=1, unique=True), st.data())
def test_people_teams_and_csv_files_stand_for_what_is_written_out(
    phones: list[str], data: st.DataObject
) -> None:
    """However participants are written, the group is the one with the phones written out."""
    people, teams, cells, entries = {}, {}, [], []
    for n, phone in enumerate(phones):
        form = data.draw(st.sampled_from(["phone", "person", "team", "csv"]))
        entries.append(
            {"phone": f"'{phone}'", "person": f"p{n}", "team": f"t{n}", "csv": "{csv: m.csv}"}[form]
        )
        if form == "person":
            people[f"p{n}"] = phone
        elif form == "team":
            teams[f"t{n}"] = phone
        elif form == "csv":
            cells.append(phone)
    written = list(dict.fromkeys(entries))
    more = "".join(f"  {name}: '{phone}'\n" for name, phone in people.items())
    more = f"people:\n{more}" if people else ""
    more += "teams:\n" + "".join(f"  {t}: ['{phone}']\n" for t, phone in teams.items()) if teams else ""
    found = of(f"[{', '.join(written)}]", more, m="\n".join(["phone", *cells]))
    assert sorted(found) == sorted(phones)


def test_what_is_plain_has_no_entries_to_keep() -> None:
    assert config(one(f"['{ANA}', 123@lid]")).expanded == {}


def codes(diagnostics: tuple[Diagnostic, ...]) -> list[Code]:
    return [each.code for each in diagnostics]


def test_a_group_of_too_many_is_warned_of_and_then_refused() -> None:
    def rows(begin: int, number: int) -> str:
        return "phone\n" + "".join(f"{n}\n" for n in range(begin, begin + number))

    found = config(one("{csv: m.csv}"), tables={"m.csv": rows(5544900000000, 1024)})
    assert codes(found.warnings) == [Code.TOO_MANY_PARTICIPANTS]
    many = {"m": rows(5544900000000, 6000), "o": rows(5544910000000, 6000)}
    assert wrong(one("[{csv: m.csv}, {csv: o.csv}]"), **many)[-1] == (
        "1.yaml:5:13+1 error: this group holds 12,000 participants, and 10,000 is the most | split it"
    )
