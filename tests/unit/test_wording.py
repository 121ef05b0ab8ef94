"""A violation of the schema, in a person's words: what was found, what would be right."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from zapi_sync.core.config import read_config
from zapi_sync.core.source import shortened
from zapi_sync.errors import ConfigInvalid

from .made import document, refusal

GROUP = "groups:\n  a:\n    groupName: A\n    phones: [5544999999999]\n"


def complaint(schema: Mapping[str, object], text: str) -> str:
    (line,) = refusal(ConfigInvalid, lambda: read_config([document(text)], schema))
    return line.removeprefix("groups.yaml").lstrip(": ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "",
            (
                "1:1+1 error: there is nothing in this file | "
                "a groups file begins with `version: 1` and `groups:`; the README shows one"
            ),
        ),
        (
            "- a",
            (
                "1:1+1 error: this file holds a list instead of groups | "
                "a groups file begins with `version: 1` and `groups:`; the README shows one"
            ),
        ),
        (
            "a:b",
            (
                '1:1+3 error: this file holds the text "a:b" instead of groups | '
                "a groups file begins with `version: 1` and `groups:`; the README shows one"
            ),
        ),
        ("groups: {}", '1:1+1 error: this file has no "version" | add `version: 1` as the first line'),
        (
            "version: 1",
            (
                '1:1+1 error: this file has no "groups" | add `groups:`, a mapping from each group\'s key to'
                " the group"
            ),
        ),
        (
            "version: 2\ngroups: {}",
            "1:10+1 error: `version` must be the number 1, and this is the number 2 | write the number 1",
        ),
        (
            "version: '1'\ngroups: {}",
            '1:10+3 error: `version` must be the number 1, and this is the text "1" | write 1 without quotes',
        ),
        (
            "version: true\ngroups: {}",
            "1:10+4 error: `version` must be the number 1, and this is true | write the number 1",
        ),
        (
            "version:\ngroups: {}",
            "1:9+1 error: `version` must be the number 1, and this is nothing | write the number 1",
        ),
        (
            "version: 1\ngroups:",
            (
                "2:8+1 error: `groups` must be a mapping from each group's key to the group, and this is"
                " nothing | write each group under a key of its own: `launch-vip-01:`, and under that its"
                " attributes"
            ),
        ),
        (
            "version: 1\ngroups: [x]",
            (
                "2:9+1 error: `groups` must be a mapping from each group's key to the group, and this is a"
                " list | write each group under a key of its own: `launch-vip-01:`, and under that its"
                " attributes"
            ),
        ),
        (
            "version: 1\ngroups: {}\ndefaults: x",
            (
                "3:11+1 error: `defaults` must be a mapping, as in `autoInvite: true` on a line of its own,"
                ' and this is the text "x" | write a mapping, as in `autoInvite: true` on a line of its own'
            ),
        ),
        (
            "version: 1\ngroups: {}\npacing: 60s",
            (
                "3:9+3 error: `pacing` must be a mapping, with `every` and `perDay`, and this is the "
                'text "60s" | write a mapping, with `every` and `perDay`'
            ),
        ),
        (
            "version: 1\ngroups: {}\npacing: {every: 1d}",
            (
                "3:17+2 error: `every` of `pacing` must be a time, as in 60s, 5m or 1h, and this "
                'is the text "1d" | write a time, as in 60s, 5m or 1h'
            ),
        ),
        (
            "version: 1\ngroups: {}\npacing: {perDay: 0}",
            (
                "3:18+1 error: `perDay` of `pacing` must be a whole number, 1 or more, and this is "
                "the number 0 | write a whole number, 1 or more"
            ),
        ),
        (
            "version: 1\ngroups: {}\npacing: {perDay: ten}",
            (
                "3:18+3 error: `perDay` of `pacing` must be a whole number, 1 or more, and this "
                'is the text "ten" | write a whole number, 1 or more'
            ),
        ),
        (
            "version: 1\ngroups:\n  a: x",
            (
                '3:6+1 error: the group "a" must be a mapping with `groupName` and `phones`, and this is the '
                'text "x" | write a mapping with `groupName` and `phones`'
            ),
        ),
        (
            "version: 1\ngroups:\n  a: {phones: [5544999999999]}",
            '3:3+1 error: the group "a" has no "groupName" | add `groupName:`, a text of 1 to 100 characters',
        ),
        (
            "version: 1\ngroups:\n  a: {groupName: A}",
            '3:3+1 error: the group "a" has no "phones" | add `phones:`, a list of phone numbers',
        ),
        (
            f"version: 1\n{GROUP}    instance: Sales",
            (
                '6:15+5 error: `instance` of the group "a" must be a name of lower-case letters, digits, -'
                ' and _, at most 40, and this is the text "Sales" | write a name of lower-case letters,'
                " digits, - and _, at most 40"
            ),
        ),
        (
            f"version: 1\n{GROUP}    instance: {'a' * 41}",
            (
                '6:15+41 error: `instance` of the group "a" is 41 characters long, '
                "and 40 is the most | shorten it"
            ),
        ),
        (
            "version: 1\ngroups:\n  a: {groupName: '', phones: ['5544999999999']}",
            (
                '3:18+2 error: `groupName` of the group "a" must be a '
                "text of 1 to 100 characters, and this is nothing | write a text of 1 to 100 characters"
            ),
        ),
        (
            f"version: 1\ngroups:\n  a: {{groupName: {'é' * 101}, phones: ['5544999999999']}}",
            (
                "3:18+101 error: `groupName` of the group "
                '"a" is 101 characters long, and 100 is the most | shorten it'
            ),
        ),
        (
            "version: 1\ngroups:\n  a: {groupName: [x], phones: ['5544999999999']}",
            (
                '3:18+1 error: `groupName` of the group "a" must be a '
                "text of 1 to 100 characters, and this is a list | write a text of 1 to 100 characters"
            ),
        ),
        (
            "version: 1\ngroups:\n  a: {groupName: A, phones: 5544999999999}",
            (
                '3:29+13 error: `phones` of the group "a" must be a list of phone numbers, and this is the'
                ' text "5544999999999" | write a list, each number on a line of its own: `- 5544999999999`'
            ),
        ),
        (
            "version: 1\ngroups:\n  a: {groupName: A, phones: []}",
            (
                '3:29+1 error: `phones` of the group "a" is empty, and create-group wants '
                "at least one participant | add at least one phone number besides the connected one"
            ),
        ),
        (
            "version: 1\ngroups:\n  a: {groupName: A, phones: [5544999999999, Maria]}",
            (
                "3:45+5 error: this entry of `phones` must be a phone number, as in"
                ' 5544999999999 or +55 44 99999-9999, and this is the text "Maria" | write a phone number, or'
                " maria if one of `people` or `teams` is called so"
            ),
        ),
        (
            "version: 1\ngroups:\n  a: {groupName: A, phones: [5544999999999, {}]}",
            (
                "3:45+1 error: this entry of `phones` "
                "must be a phone number, as in 5544999999999 or +55 44 99999-9999, and this is a mapping | "
                "write a phone number, as in 5544999999999 or +55 44 99999-9999"
            ),
        ),
        (
            "version: 1\ngroups:\n  a{1..2}: {groupName: {n}, phones: ['5544999999999']}",
            (
                '3:24+1 error: `groupName` of the group "a{1..2}" must be a text of 1 to 100 characters, and '
                'this is a mapping | a text that begins with { stands in quotes, as in "{n}"'
            ),
        ),
        (
            f"version: 1\ngroups:\n  a: {{groupName: A, phones: [{'9z' * 25}]}}",
            "3:30+50 error: this entry of `phones` must be a "
            "phone number, as in 5544999999999 or +55 44 99999-9999, and this is the text"
            f' "{"9z" * 18}9..." | '
            "write a phone number, as in 5544999999999 or +55 44 99999-9999",
        ),
    ],
)
def test_each_violation_in_words(groups_schema: Mapping[str, object], text: str, expected: str) -> None:
    assert complaint(groups_schema, text) == expected.lstrip()


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("yes", "write true"),
        ("Yes", "write true"),
        ("on", "write true"),
        ("y", "write true"),
        ("sim", "write true"),
        ("no", "write false"),
        ("OFF", "write false"),
        ("n", "write false"),
        ("não", "write false"),
        ("nao", "write false"),
        ("'true'", "write true without quotes"),
        ('"False"', "write false without quotes"),
        ("maybe", "write true or false"),
        ("1", "write true or false"),
        ("", "write true or false"),
        ("[]", "write true or false"),
    ],
)
def test_what_was_meant_for_true_or_false(
    groups_schema: Mapping[str, object], written: str, hint: str
) -> None:
    line = complaint(groups_schema, f"version: 1\n{GROUP}    autoInvite: {written}\n")
    assert line.startswith("6:")
    assert 'error: `autoInvite` of the group "a" must be true or false, and this is ' in line
    assert line.endswith(f" | {hint}")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("groupname", "groupName"),
        ("group_name", "groupName"),
        ("group-name", "groupName"),
        ("name", "groupName"),
        ("Name", "groupName"),
        ("subject", "groupName"),
        ("grupName", "groupName"),
        ("phone", "phones"),
        ("fones", "phones"),
        ("participants", "phones"),
        ("members", "phones"),
        ("autoinvite", "autoInvite"),
        ("auto_invite", "autoInvite"),
        ("instancia", "instance"),
        ("Instance", "instance"),
    ],
)
def test_a_near_miss_gets_a_did_you_mean(groups_schema: Mapping[str, object], name: str, meant: str) -> None:
    line = complaint(groups_schema, f"version: 1\n{GROUP}    {name}: x\n")
    assert (
        line
        == f'6:5+{len(name)} error: unknown attribute "{name}" of the group "a" | did you mean "{meant}"?'
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"version: 1\n{GROUP}    photo: x\n",
            (
                '6:5+5 error: unknown attribute "photo" of the group "a" | '
                "known here: instance, groupName, autoInvite, phones"
            ),
        ),
        (
            "version: 1\ngroups: {}\ngroup: {}\n",
            '3:1+5 error: unknown attribute "group" | did you mean "groups"? (what is yours begins with x-)',
        ),
        (
            "version: 1\ngroups: {}\nvars: {}\n",
            (
                '3:1+4 error: unknown attribute "vars" | '
                "known here: version, defaults, pacing, encryption, people, teams, groups, moved "
                "(what is yours begins with x-)"
            ),
        ),
        (
            "version: 1\ngroups: {}\ndefaults: {autoinvite: true}\n",
            '3:12+10 error: unknown attribute "autoinvite" of `defaults` | did you mean "autoInvite"?',
        ),
        (
            "version: 1\ngroups: {}\npacing: {perday: 3}\n",
            '3:10+6 error: unknown attribute "perday" of `pacing` | did you mean "perDay"?',
        ),
        (
            "version: 1\ngroups: {}\npacing: {zzzz: 3}\n",
            '3:10+4 error: unknown attribute "zzzz" of `pacing` | known here: every, perDay, instances',
        ),
    ],
)
def test_an_unknown_attribute_is_told_with_what_is_known(
    groups_schema: Mapping[str, object], text: str, expected: str
) -> None:
    assert complaint(groups_schema, text) == expected


@pytest.mark.parametrize(
    ("key", "example"),
    [
        ("Launch", "; for example launch"),
        ("launch vip", "; for example launch-vip"),
        ("ação", "; for example acao"),
        ("-a", "; for example a"),
        ("a/b", "; for example a-b"),
        ("😀", ""),
        ("a" * 101, ""),  # of a key that was cut a part of a secret could stay
    ],
)
def test_an_impossible_key_gets_the_rule_and_an_example(
    groups_schema: Mapping[str, object], key: str, example: str
) -> None:
    line = complaint(
        groups_schema, f"version: 1\ngroups:\n  {key}: {{groupName: A, phones: [5544999999999]}}\n"
    )
    assert (
        line == f'3:3+{len(key)} error: "{shortened(key)}" cannot be the key of a group | '
        f"a key is 1 to 100 of a-z, 0-9, `-`, `_` and `.`, and begins with a letter or digit{example}"
    )


@pytest.mark.parametrize("key", ["phones", "version"])
@pytest.mark.parametrize("value", ["[5544999999999]", "1"])
def test_a_group_may_be_called_as_an_attribute_is(
    groups_schema: Mapping[str, object], key: str, value: str
) -> None:
    line = complaint(groups_schema, f"version: 1\ngroups:\n  {key}: {value}\n")
    assert line.endswith(" | write a mapping with `groupName` and `phones`")
