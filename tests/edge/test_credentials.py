"""What the environment says of the API: where it is, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from zapi_sync.core.credentials import Credentials, Remote
from zapi_sync.core.model import InstanceName
from zapi_sync.edge.credentials import read_credentials, read_remote
from zapi_sync.errors import CredentialsInvalid

from .given import refusal

DEFAULT, SALES = InstanceName("default"), InstanceName("sales-2")
WHOLE = {
    "ZAPI_INSTANCE_ID": "id", "ZAPI_TOKEN": "token", "ZAPI_CLIENT_TOKEN": "client",
    "ZAPI_SALES_2_INSTANCE_ID": "sid", "ZAPI_SALES_2_TOKEN": "stoken", "ZAPI_SALES_2_CLIENT_TOKEN": "sclient",
}  # fmt: skip


@pytest.mark.parametrize(
    ("url", "remote"),
    [
        (None, Remote("https://api.z-api.io", "https://api.z-api.io")),
        ("", Remote("https://api.z-api.io", "https://api.z-api.io")),
        ("  ", Remote("https://api.z-api.io", "https://api.z-api.io")),
        ("https://proxy.example/z-api/", Remote("https://proxy.example/z-api", "https://proxy.example")),
        (
            " https://proxy.example:8443// ",
            Remote("https://proxy.example:8443", "https://proxy.example:8443"),
        ),
        ("http://127.0.0.1:5000", Remote("http://127.0.0.1:5000", "http://127.0.0.1:5000")),
        ("http://localhost", Remote("http://localhost", "http://localhost")),
        ("http://127.8.9.1", Remote("http://127.8.9.1", "http://127.8.9.1")),
        ("http://[::1]:5000/x", Remote("http://[::1]:5000/x", "http://[::1]:5000")),
        ("https://a_b-c.example.", Remote("https://a_b-c.example.", "https://a_b-c.example.")),
        ("https://ação.example", Remote("https://ação.example", "https://ação.example")),
        ("https://xn--ao-siap.example", Remote("https://xn--ao-siap.example", "https://xn--ao-siap.example")),
        ("https://Proxy.Example", Remote("https://Proxy.Example", "https://proxy.example")),
    ],
)
def test_where_the_api_is(url: str | None, remote: Remote) -> None:
    assert read_remote({} if url is None else {"ZAPI_BASE_URL": url}) == remote


@pytest.mark.parametrize(
    "url",
    [
        "api.z-api.io",
        "ftp://api.z-api.io",
        "https://",
        "https:///path",
        "//host",
        "https://user@h",
        "https://u:p@h",
        "https://h?x=1",
        "https://h/#x",
        "https://h:port",
        "https://h:99999",
        "https://[::1",
        "file:///etc/passwd",
        "-",
        "https://h?",
        "https://h/#",
        "https://@h",
        "https://a b",
        "https://h\nx",
        "https://h\tx",
        "https://h\x1b",
        f"https://{'a' * 64}.example",
        "https://.",
        "https://a..b",
        "https://.a",
        "https://a..",
        "https://xn--.",
        "https://xn--",
        "https://xn--a",
        "https://-a.b",
        "https://a%20b",
        "https://a,b",
        "http://.",
        f"https://h/{'a' * 100_000}",
    ],
)
def test_what_is_no_address_of_an_api_is_refused(url: str) -> None:
    assert refusal(CredentialsInvalid, lambda: read_remote({"ZAPI_BASE_URL": url})) == [
        "ZAPI_BASE_URL is not the address of an API | "
        "write it as in https://api.z-api.io, without user, query or fragment; or unset it"
    ]


@pytest.mark.parametrize(
    "host",
    [
        "api.z-api.io",
        "10.0.0.1",
        "localhost.example",
        "127.0.0.1.example",
        "128.0.0.1",
        "0.0.0.0",  # noqa: S104
        "localhosts",
    ],
)
def test_plain_http_is_for_loopback_alone(host: str) -> None:
    assert refusal(CredentialsInvalid, lambda: read_remote({"ZAPI_BASE_URL": f"http://{host}:80"})) == [
        f"ZAPI_BASE_URL is plain http to {host}, and the token would travel in the clear | "
        "use https; plain http is accepted at loopback only (127.0.0.1, localhost)"
    ]


def test_the_port_that_is_meant_anyway_makes_no_other_origin() -> None:
    assert (
        read_remote({"ZAPI_BASE_URL": "https://h:443"}).origin
        == read_remote({"ZAPI_BASE_URL": "https://h"}).origin
    )


def credentials(
    environment: Mapping[str, str], instances: Sequence[InstanceName]
) -> dict[InstanceName, Credentials]:
    """Read for instances that no config names."""
    return read_credentials(environment, instances, lambda _: None)


def test_each_instance_has_its_own_credentials() -> None:
    found = credentials(WHOLE, [DEFAULT, SALES])
    assert found == {
        DEFAULT: Credentials("id", "token", "client"),
        SALES: Credentials("sid", "stoken", "sclient"),
    }
    assert credentials({}, []) == {}


def test_blanks_around_a_value_fall_away() -> None:
    padded = {name: f" {value}\r\n" for name, value in WHOLE.items()}
    assert credentials(padded, [DEFAULT]) == {DEFAULT: Credentials("id", "token", "client")}


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        (["ZAPI_TOKEN"], "ZAPI_TOKEN is"),
        (["ZAPI_TOKEN", "ZAPI_INSTANCE_ID"], "ZAPI_INSTANCE_ID and ZAPI_TOKEN are"),
        (
            ["ZAPI_TOKEN", "ZAPI_INSTANCE_ID", "ZAPI_CLIENT_TOKEN"],
            "ZAPI_INSTANCE_ID, ZAPI_TOKEN and ZAPI_CLIENT_TOKEN are",
        ),
    ],
)
@pytest.mark.parametrize("blank", [None, "", "  "])
def test_every_variable_that_is_missing_is_named(missing: list[str], named: str, blank: str | None) -> None:
    environment = {name: value for name, value in WHOLE.items() if name not in missing}
    if blank is not None:
        environment |= dict.fromkeys(missing, blank)
    assert refusal(CredentialsInvalid, lambda: credentials(environment, [DEFAULT])) == [
        f'the instance "default" has no credentials: {named} not set | '
        "set what the Z-API panel shows (id and token of the instance; Client-Token under Security), "
        "or try it without an account: --sandbox"
    ]


def test_all_instances_complain_at_once() -> None:
    lines = refusal(CredentialsInvalid, lambda: credentials({"ZAPI_TOKEN": "x"}, [DEFAULT, SALES]))
    assert [line.partition(" |")[0] for line in lines] == [
        'the instance "default" has no credentials: ZAPI_INSTANCE_ID and ZAPI_CLIENT_TOKEN are not set',
        (
            'the instance "sales-2" has no credentials: ZAPI_SALES_2_INSTANCE_ID, ZAPI_SALES_2_TOKEN and '
            "ZAPI_SALES_2_CLIENT_TOKEN are not set"
        ),
    ]


@pytest.mark.parametrize("value", ["a b", "tokén", "a\tb", "a\nb", "a\x1bb", "a\udc80"])
def test_a_value_that_cannot_stand_in_a_request_is_refused_and_never_shown(value: str) -> None:
    environment = WHOLE | {"ZAPI_TOKEN": value, "ZAPI_CLIENT_TOKEN": value}
    lines = refusal(CredentialsInvalid, lambda: credentials(environment, [DEFAULT]))
    assert lines == [
        "ZAPI_TOKEN and ZAPI_CLIENT_TOKEN cannot be right: a blank or a character beyond ASCII is in it | "
        "copy the value again from the Z-API panel"
    ]
