"""The state: the same text for the same state, and a clear refusal of whatever is none."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given

from zapi_sync.core.model import InstanceName, sha256_of
from zapi_sync.core.state import State, check_remote
from zapi_sync.core.state_document import parse_state, state_text
from zapi_sync.dataclass import replace
from zapi_sync.edge import inputs
from zapi_sync.errors import StateInvalid

from .drawn import QUICK, STATES
from .made import LINEAGE, group, record, refusal, state

SCHEMA = inputs.schema("state")
FILE = "groups.state.json"
HELP = "restore it from git or a backup; nothing was created or overwritten"
DIGEST = sha256_of("")


def parsed(raw: bytes) -> State:
    return parse_state(raw, SCHEMA, FILE)


def changed(path: tuple[str, ...], value: object) -> bytes:
    """A state's bytes with one member set to something else, or left out."""
    document = json.loads(state_text(state({"vip-01": record()}, instances={"default": DIGEST})))
    place = document
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(document).encode()


@QUICK
@given(STATES)
def test_a_state_comes_back_as_it_was(one: State) -> None:
    text = state_text(one)
    assert parsed(text.encode()) == one
    assert state_text(parsed(text.encode())) == text


@QUICK
@given(STATES)
def test_the_order_of_its_making_does_not_show_in_the_text(one: State) -> None:
    groups, instances = dict([*one.groups.items()][::-1]), dict([*one.instances.items()][::-1])
    requests = dict([*one.requests.items()][::-1])
    other = replace(one, instances=instances, groups=groups, requests=requests)
    assert state_text(other) == state_text(one)


def test_version_1_is_read_and_written_anew_as_version_2() -> None:
    one = state({"vip-01": record()}, instances={"default": DIGEST})
    text = state_text(one)
    assert '"version": 2' in text
    old = text.replace('"version": 2', '"version": 1').encode()
    assert parsed(old) == one
    assert state_text(parsed(old)) == text
    with_requests = old.replace(b'"version": 1', b'"requests": {}, "version": 1')
    with pytest.raises(StateInvalid, match='"version" must be the number 2'):
        parsed(with_requests)


LOG = {"madeNothing": {"a-1": "2026-11-23T10:00:00Z"}, "notBefore": "2026-11-23T11:00:00Z", "rateLimits": 1}


def test_requests_of_another_form_are_refused_with_the_place() -> None:
    for path, value, what in [
        (("default",), [], '"default" of "requests" must be the requests of an instance, and this is a list'),
        (("A B",), LOG, '"A B" can be no name in "requests"'),
        (("default", "more"), 1, '"more" of "default" is unknown'),
        (("default", "rateLimits"), 0, '"rateLimits" of "default" must be a whole number from 1'),
        (("default", "rateLimits"), 10**30, '"rateLimits" of "default" must be a whole number from 1'),
        (("default", "notBefore"), "soon", '"notBefore" of "default" must be a moment, as in'),
        (("default", "notBefore"), "2026-13-45T10:00:00Z", '"notBefore" of "default" is no moment in time'),
        (("default", "madeNothing"), [], '"madeNothing" of "default" must be a mapping from the id'),
        (("default", "madeNothing", "a 1"), "2026-11-23T10:00:00Z", '"a 1" can be no name in "madeNothing"'),
        (("default", "madeNothing", "a-1"), 7, '"a-1" of "madeNothing" must be a moment, as in'),
        (("default", "madeNothing", "a-1"), "2026-02-30T10:00:00Z", '"a-1" of "madeNothing" is no moment'),
    ]:
        document = json.loads(state_text(state({}, instances={"default": DIGEST})))
        place: dict[str, Any] = document.setdefault("requests", {"default": copy.deepcopy(LOG)})
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        with pytest.raises(StateInvalid) as refused:
            parsed(json.dumps(document, indent=2).encode())
        assert f"this state cannot be used: {what}" in refused.value.diagnostics[0].message, path
        location = refused.value.diagnostics[0].location
        assert location, path
        assert location.line, path


def test_the_text_is_made_to_be_read_in_a_diff() -> None:
    assert state_text(state({"b": record(), "a": record()}, instances={"default": DIGEST})).splitlines()[
        :12
    ] == [
        "{",
        '  "groups": {',
        '    "a": {',
        '      "autoInvite": false,',
        '      "createdAt": "2026-11-23T10:00:00Z",',
        '      "groupName": "VIP 01",',
        '      "instance": "default",',
        '      "invitationLink": "https://chat.whatsapp.com/GONwbGGDkLe8BifUWwLgct",',
        '      "phone": "120363019502650977-group",',
        f'      "phonesDigest": "{sha256_of("5544999999999")}",',
        '      "phonesNotAdded": [',
        '        "5544777777777"',
    ]
    assert state_text(state()).endswith("}\n")


def test_names_stand_in_the_state_as_people_read_them() -> None:
    assert '"groupName": "Ação 😀"' in state_text(state({"a": record(group(name="Ação 😀"))}))


AN_ID = "the id of a group, as in 120363019502650977-group"
A_MOMENT = "a moment, as in 2026-11-23T10:00:00Z"


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        (("lineage",), None, '"lineage" is missing'),
        (
            ("lineage",),
            "not-a-uuid",
            '"lineage" must be a UUID in lower case, and this is the text "not-a-uuid"',
        ),
        (("serial",), 0, '"serial" must be a whole number from 1, and this is the number 0'),
        (("serial",), True, '"serial" must be a whole number from 1, and this is true'),
        (("serial",), "1", '"serial" must be a whole number from 1, and this is the text "1"'),
        (("serial",), 1.0, '"serial" must be a whole number from 1, and this is the number 1.0'),
        (("serial",), 1e5, '"serial" must be a whole number from 1, and this is the number 100000.0'),
        (
            ("serial",),
            10**60,
            f'"serial" must be a whole number from 1, and this is the number 1{"0" * 36}...',
        ),
        (("version",), 0, '"version" must be the number 2, and this is the number 0'),
        (("version",), "1", '"version" must be the number 2, and this is the text "1"'),
        (("remote",), "", '"remote" must be `sandbox` or the address of an API, and this is nothing'),
        (
            ("remote",),
            "x" * 301,
            f'"remote" must be `sandbox` or the address of an API, and this is the text "{"x" * 37}..."',
        ),
        (("extra",), 1, '"extra" is unknown'),
        (
            ("instances", "default"),
            "md5:1",
            '"default" of "instances" must be `sha256:` and 64 hexadecimal digits, '
            'and this is the text "md5:1"',
        ),
        (
            ("groups",),
            [],
            '"groups" must be a mapping from each group\'s key to its record, and this is a list',
        ),
        (("groups", "A B"), {}, '"A B" can be no name in "groups" (and 8 more places)'),
        (("instances", "A B"), DIGEST, '"A B" can be no name in "instances"'),
        (("groups", "vip-01"), [], '"vip-01" of "groups" must be a record, and this is a list'),
        (("groups", "vip-01", "phone"), None, '"phone" of "vip-01" is missing'),
        (("groups", "vip-01", "phone"), "", f'"phone" of "vip-01" must be {AN_ID}, and this is nothing'),
        (
            ("groups", "vip-01", "phone"),
            "\x1b[31m",
            f'"phone" of "vip-01" must be {AN_ID}, and this is the text "\x1b[31m"',
        ),
        (("groups", "vip-01", "photo"), "x", '"photo" of "vip-01" is unknown'),
        (
            ("groups", "vip-01", "instance"),
            "A b",
            '"instance" of "vip-01" must be the name of an instance, and this is the text "A b"',
        ),
        (
            ("groups", "vip-01", "invitationLink"),
            "javascript:x",
            '"invitationLink" of "vip-01" must be a link as https://chat.whatsapp.com/ and a code, or null, '
            'and this is the text "javascript:x"',
        ),
        (
            ("groups", "vip-01", "phonesNotAdded"),
            ("55449", 2),
            '"1" of "phonesNotAdded" must be a phone number, and this is the number 2',
        ),
        (
            ("groups", "vip-01", "createdAt"),
            "2026-11-23T10:00:00+01:00",
            f'"createdAt" of "vip-01" must be {A_MOMENT}, and this is the text "2026-11-23T10:00:00+01:00"',
        ),
        (
            ("groups", "vip-01", "createdAt"),
            "2026-11-23T10:00:00Z\n",
            f'"createdAt" of "vip-01" must be {A_MOMENT}, and this is the text "2026-11-23T10:00:00Z\n"',
        ),
        (
            ("groups", "vip-01", "groupName"),
            "x" * 501,
            '"groupName" of "vip-01" must be a text of at most 500 characters, '
            f'and this is the text "{"x" * 37}..."',
        ),
    ],
)
def test_a_state_of_another_form_is_refused_with_the_place(
    path: tuple[str, ...], value: object, what: str
) -> None:
    raw = changed(path, value)
    with pytest.raises(StateInvalid) as refused:
        parsed(raw)
    (found,) = refused.value.diagnostics
    assert (found.message, found.hint) == (f"this state cannot be used: {what}", HELP)
    assert found.location
    line, column, text = found.location.line, found.location.column, found.location.text
    assert line is not None
    assert column is not None
    assert text == raw.decode().split("\n")[line - 1]
    if value is not None:  # the caret stands under what is wrong, not under its owner
        wrong = value[1] if isinstance(value, tuple) and what.startswith('"1"') else value
        assert text[column - 1 :].startswith(json.dumps(wrong)[0])


def test_two_keys_that_stand_for_one_group_are_refused() -> None:
    twice = state({"a": record(group("a")), "b": record(group("b", name="B"))})
    (line,) = refusal(StateInvalid, lambda: parsed(state_text(twice).encode()))
    assert '"a" and "b" stand for one group, 120363019502650977-group' in line
    assert line.startswith(f"{FILE}:")


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (
            b"",
            (
                " error: this state cannot be used: the file is empty, and an empty state is not the same as"
                f" none | {HELP}"
            ),
        ),
        (
            b"x",
            f":1:1+1 error: this state cannot be used: a value is missing here, or it is not JSON | {HELP}",
        ),
        (
            b'{"version": 1,\n  "serial" 2}',
            f":2:12+1 error: this state cannot be used: a colon is missing here | {HELP}",
        ),
        (
            b'{"version": 1,',
            (
                ":1:15+1 error: this state cannot be used: "
                f"a member's name in double quotes is missing here | {HELP}"
            ),
        ),
        (b"[]", f" error: this state cannot be used: its outermost value is not an object | {HELP}"),
        (b"null", f" error: this state cannot be used: its outermost value is not an object | {HELP}"),
        (
            b'{"a": 1, "b": 2, "a": 3}',
            f' error: this state cannot be used: "a" stands twice in one object | {HELP}',
        ),
        (
            b'{"groups": {"a": {}, "a": {}}}',
            f' error: this state cannot be used: "a" stands twice in one object | {HELP}',
        ),
        (
            b'{\n<<<<<<< HEAD\n  "serial": 1\n=======\n  "serial": 2\n>>>>>>> theirs\n}\n',
            f":2:1+1 error: this state cannot be used: a merge conflict stands in it | {HELP}",
        ),
    ],
)
def test_what_is_no_state_is_refused_with_what_and_where(raw: bytes, complaint: str) -> None:
    assert refusal(StateInvalid, lambda: parsed(raw)) == [f"{FILE}{complaint}"]


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"serial": ' + b"9" * 5000 + b"}",
        b'"\xff"',
        b"\xff\xfe",
        "{}".encode("utf-16"),
        b'{"a": NaN}',
        b"\0" * 100,
    ],
)
def test_bytes_made_to_hurt_are_refused(raw: bytes) -> None:
    (line,) = refusal(StateInvalid, lambda: parsed(raw))
    assert line.startswith(FILE)
    assert " error: this state cannot be used: " in line
    assert line.endswith(f" | {HELP}")


@pytest.mark.parametrize("raw", [b'{\n  "version": 1,\n', b"\n", b"{\n"])
def test_a_torn_state_is_refused(raw: bytes) -> None:
    (line,) = refusal(StateInvalid, lambda: parsed(raw))
    assert line.endswith(f" | {HELP}")


def test_the_line_shown_is_the_line_told() -> None:
    with pytest.raises(StateInvalid) as refused:
        parsed('{"a": "x\u2028y",\n  "b" 1}'.encode())
    where = refused.value.diagnostics[0].location
    assert where
    assert (where.line, where.text) == (2, '  "b" 1}')


@pytest.mark.parametrize(("path", "value"), [(("instances", "\ud800"), DIGEST), (("groups", "\ud800"), {})])
def test_half_a_surrogate_pair_is_refused(path: tuple[str, ...], value: object) -> None:
    (line,) = refusal(StateInvalid, lambda: parsed(changed(path, value)))
    assert line.endswith(f" | {HELP}")


def test_a_newer_version_is_told_apart_from_a_corrupt_one() -> None:
    assert refusal(StateInvalid, lambda: parsed(b'{"version": 3, "whatever": []}')) == [
        f"{FILE} error: this state has version 3, and this zapi-sync knows versions up to 2 | "
        "a newer zapi-sync wrote it: upgrade (pip install --upgrade zapi-sync); nothing was changed"
    ]


@pytest.mark.parametrize(
    "moment",
    [
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-01-01T25:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T00:00:00Z",
    ],
)
def test_a_moment_that_never_was_is_refused(moment: str) -> None:
    raw = changed(("groups", "vip-01", "createdAt"), moment)
    column = raw.index(moment.encode())  # counted from 1, of the quote before it
    assert refusal(StateInvalid, lambda: parsed(raw)) == [
        f"{FILE}:1:{column}+22 error: this state cannot be used: "
        f'"createdAt" of "vip-01" is no moment in time | {HELP}'
    ]


def test_only_the_first_place_is_named_and_the_rest_counted() -> None:
    (line,) = refusal(StateInvalid, lambda: parsed(b'{"version": 1}'))
    assert line.endswith(f'"lineage" is missing (and 4 more places) | {HELP}')


def digests(**names: str) -> Mapping[InstanceName, str]:
    return {InstanceName(name): sha256_of(text) for name, text in names.items()}


def test_a_state_belongs_to_its_remote_and_its_instances() -> None:
    mine = state(remote="https://api.z-api.io", instances={"default": sha256_of("one")})
    check_remote(mine, "https://api.z-api.io", digests(default="one", sales="two"), FILE)
    assert refusal(StateInvalid, lambda: check_remote(mine, "sandbox", {}, FILE)) == [
        f"{FILE} error: this state speaks of groups at https://api.z-api.io, and this run would talk to"
        " sandbox | use the state that belongs there (--state), or correct --sandbox or ZAPI_BASE_URL;"
        " nothing was sent"
    ]
    assert refusal(
        StateInvalid, lambda: check_remote(mine, "https://api.z-api.io", digests(default="two"), FILE)
    ) == [
        f'{FILE} error: this state speaks of another Z-API instance under the name "default" | set'
        " ZAPI_INSTANCE_ID to the instance that created these groups, or give the new one a name of its own;"
        " nothing was sent"
    ]


def test_a_state_grows_a_serial_with_each_change_and_with_nothing_else() -> None:
    one = state(instances={"default": DIGEST})
    assert one.with_instances({InstanceName("default"): DIGEST}) is one
    assert one.with_instances(digests(sales="x")).serial == 2
    assert one.with_groups({}).serial == 2
    assert (one.lineage, one.with_groups({}).lineage) == (LINEAGE, LINEAGE)
