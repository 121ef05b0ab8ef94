"""What may keep an apply from going well: each check a finding, with its remedy."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from zapi_sync.core.keeping import Whereabouts
from zapi_sync.core.moments import timestamp
from zapi_sync.core.phones import same_person
from zapi_sync.dataclass import dataclass
from zapi_sync.language import Joined, Plural, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from zapi_sync.core.known import Known
    from zapi_sync.core.lookup import Account
    from zapi_sync.core.model import Group, GroupKey, InstanceName
    from zapi_sync.core.pacing import RequestLog
    from zapi_sync.errors import Diagnostic, Location

SOON = timedelta(days=7)
"""A subscription that ends within this time is warned of."""

MAX_SKEW = timedelta(seconds=60)
"""So far may this machine's clock and the API's be apart: pace and budget go by it."""

SANDBOX_FILES = "*.sandbox.*"
"""The state of the sandbox, its journal, its lock and its groups."""

MAX_NAMED = 5
"""So many keys are named."""


class Check(StrEnum):
    """What is looked at, in this order (docs/doctor.md has a row for each)."""

    VERSIONS = "versions"
    CONFIG = "config"
    STATE = "state"
    JOURNAL = "journal"
    LOCK = "lock"
    ENCRYPTION = "encryption"
    PERMISSIONS = "permissions"
    GIT = "git"
    CREDENTIALS = "credentials"
    API = "api"
    REMOTE = "remote"
    CONNECTION = "connection"
    CLOCK = "clock"
    SUBSCRIPTION = "subscription"
    NUMBER = "number"
    RATE_LIMIT = "rate_limit"


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found (`message`), and what to do about it; `instance` where it is about one."""

    check: Check
    verdict: Verdict
    message: str
    hint: str | None = None
    instance: InstanceName | None = None
    location: Location | None = None


def refused(check: Check, diagnostics: Sequence[Diagnostic], instance: InstanceName | None = None) -> Finding:
    """An error that some part of zapi-sync would end with."""
    first = diagnostics[0]
    more = Text(" (and {count} more)", count=len(diagnostics) - 1) if len(diagnostics) > 1 else ""
    what = Joined("", (first.message, more, f" [{first.code}]"))
    return Finding(check, Verdict.ERROR, what, first.hint, instance, first.location)


def of_config(groups: Sequence[Group], warnings: Sequence[Diagnostic], again: str) -> Finding:
    """A config that can be read; `again` is the command that shows its warnings."""
    instances = {each.instance for each in groups}
    what = Text(
        "{groups} on {instances}",
        groups=_groups(len(groups)),
        instances=Plural("{number} instance", "{number} instances", len(instances)),
    )
    if warnings:
        what += "; " + Plural("{number} warning", "{number} warnings", len(warnings))
        return Finding(Check.CONFIG, Verdict.WARNING, what, Text("{command} shows them", command=again))
    return Finding(Check.CONFIG, Verdict.OK, what)


def of_state(known: Known, file: str) -> Finding:
    """A state that can be read, or none yet."""
    if known.state is None:
        return Finding(Check.STATE, Verdict.OK, Text("none yet; the first apply writes {file}", file=file))
    what = Text(
        "{file}: {groups}, serial {serial}, of {remote}",
        file=file,
        groups=_groups(len(known.groups)),
        serial=known.state.serial,
        remote=known.state.remote,
    )
    return Finding(Check.STATE, Verdict.OK, what)


def of_journal(known: Known, *, is_there: bool) -> Finding:
    """What an earlier run left behind."""
    if known.open:
        return Finding(
            Check.JOURNAL,
            Verdict.WARNING,
            Plural(
                "{number} creation in doubt: {keys}",
                "{number} creations in doubt: {keys}",
                len(known.open),
                keys=_named(known.open),
            ),
            Text(
                "zapi-sync apply looks again, zapi-sync resolve KEY settles it by hand; "
                "keep the journal beside the state"
            ),
        )
    if is_there:
        return Finding(
            Check.JOURNAL,
            Verdict.WARNING,
            Text("a run ended early and left its journal; nothing in it is in doubt"),
            Text("the next apply folds it into the state; until then the two are one thing"),
        )
    return Finding(
        Check.JOURNAL, Verdict.OK, Text("none: every run came to its end, and nothing is in doubt")
    )


def of_lock(holder: str | None) -> Finding:
    """Who is at work on the state."""
    if holder:
        hint = Text("let it finish, or wait for it with --lock-timeout SECONDS")
        return Finding(
            Check.LOCK, Verdict.WARNING, Text("another zapi-sync is at work: {holder}", holder=holder), hint
        )
    return Finding(Check.LOCK, Verdict.OK, Text("free"))


def of_encryption(recipients: Sequence[str], warnings: Sequence[Diagnostic], *, is_to_come: bool) -> Finding:
    """A state that is encrypted, or is about to be, and that can be read here; or decrypted by an apply."""
    if not recipients:
        return Finding(
            Check.ENCRYPTION,
            Verdict.WARNING,
            Text("the config has the next apply decrypt the state"),
            Text("write the recipients under `encryption` if that is not meant"),
        )
    what: str = Plural(
        "{number} recipient, and an identity given here reads what is encrypted to them",
        "{number} recipients, and an identity given here reads what is encrypted to them",
        len(recipients),
    )
    if warnings:
        first = warnings[0]
        what = Joined("; ", (what, first.message))
        return Finding(Check.ENCRYPTION, Verdict.WARNING, what, first.hint, None, first.location)
    if is_to_come:
        what += Text(" (from the next apply)")
    return Finding(Check.ENCRYPTION, Verdict.OK, what)


def of_permissions(open_files: Sequence[str], unwritable: Sequence[str]) -> Iterator[Finding]:
    """`open_files` can be read by others on this machine, `unwritable` not be written by this user."""
    for path in unwritable:
        hint = Text("see to it that this user may write it, or use --state")
        yield Finding(Check.PERMISSIONS, Verdict.ERROR, Text("{path} cannot be written", path=path), hint)
    for path in open_files:
        what = Text(
            "others on this machine can read {path}, and with it invite links and phone numbers", path=path
        )
        yield Finding(Check.PERMISSIONS, Verdict.WARNING, what, f"chmod 600 {path}")
    if not (open_files or unwritable):
        yield Finding(Check.PERMISSIONS, Verdict.OK, Text("the state is, or will be, its owner's alone"))


def of_git(
    state: Whereabouts, hosts: Sequence[str], tracked: Sequence[str], *, sandbox: bool
) -> Iterator[Finding]:
    """Where the state stands, as git sees it, and which machines its repository goes to; `tracked` are files
    that ought not to be in git, and are."""
    match state:
        case Whereabouts.COMMITTABLE if sandbox:
            yield Finding(
                Check.GIT,
                Verdict.WARNING,
                Text("git takes the sandbox's state, in which nothing is real"),
                Text("add {files} to .gitignore", files=SANDBOX_FILES),
            )
        case Whereabouts.IGNORED if sandbox:
            yield Finding(Check.GIT, Verdict.OK, Text("git ignores the sandbox's state, as it should"))
        case Whereabouts.COMMITTABLE:
            there = Text(", and with it {hosts}", hosts=_named(hosts)) if hosts else ""
            what = Text(
                "git takes the state{and_hosts}; its invite links and phone numbers are secrets: "
                "for a private repository alone",
                and_hosts=there,
            )
            yield Finding(Check.GIT, Verdict.OK, what)
        case Whereabouts.IGNORED:
            yield Finding(
                Check.GIT,
                Verdict.WARNING,
                Text("git ignores the state: another clone, and a CI runner, would know nothing of it"),
                Text("take it out of .gitignore, or see to it that something else keeps it"),
            )
        case Whereabouts.OUTSIDE:
            yield Finding(Check.GIT, Verdict.OK, Text("the state is in no git work tree: see to its backup"))
        case Whereabouts.UNKNOWN:
            yield Finding(Check.GIT, Verdict.SKIPPED, Text("git gives no answer about the state"))
    for path in tracked:
        yield Finding(
            Check.GIT,
            Verdict.ERROR,
            Text("git has {path}, which belongs to this machine alone", path=path),
            Text(
                "git rm --cached {path}, and ignore it; what was secret in it and was pushed "
                "is none any more",
                path=path,
            ),
        )


def of_account(account: Account, now: datetime, instance: InstanceName) -> Finding:
    """Whether the instance's subscription runs (Z-API, me page)."""
    due = account.due
    if due is not None and due <= now:
        what = Text("the subscription ended on {due:%Y-%m-%d}", due=due)
        return Finding(Check.SUBSCRIPTION, Verdict.ERROR, what, Text("renew it in the Z-API panel"), instance)
    if due is not None and due - now < SOON:
        what = Text("the subscription ends on {due:%Y-%m-%d}", due=due)
        return Finding(
            Check.SUBSCRIPTION, Verdict.WARNING, what, Text("renew it in the Z-API panel"), instance
        )
    told = Text("runs until {due:%Y-%m-%d}", due=due) if due else Text("the API does not tell its end")
    told += f" ({account.payment})" if account.payment else ""
    return Finding(Check.SUBSCRIPTION, Verdict.OK, told, None, instance)


def of_connection(instance: InstanceName, *, connected: bool) -> Finding:
    if connected:
        return Finding(Check.CONNECTION, Verdict.OK, Text("connected to WhatsApp"), None, instance)
    hint = Text("connect the number again: scan the QR code in the Z-API panel")
    return Finding(Check.CONNECTION, Verdict.ERROR, Text("not connected to WhatsApp"), hint, instance)


def of_number(
    own_phone: str | None,
    groups: Iterable[Group],
    where: Mapping[GroupKey, Location],
    instance: InstanceName,
) -> Finding:
    """Which number is connected, and whether a group lists it: create-group refuses that."""
    if own_phone is None:
        return Finding(
            Check.NUMBER, Verdict.SKIPPED, Text("the API does not tell the number"), None, instance
        )
    shown = masked(own_phone)
    listing = [
        group.key
        for group in groups
        if group.instance == instance and any(same_person(phone, own_phone) for phone in group.phones)
    ]
    if listing:
        return Finding(
            Check.NUMBER,
            Verdict.ERROR,
            Text(
                "{number} is connected, and among the phones of {keys}: create-group refuses that",
                number=shown,
                keys=_named(listing),
            ),
            Text("take it out of the list: who creates a group is in it anyway"),
            instance,
            where.get(listing[0]),
        )
    return Finding(Check.NUMBER, Verdict.OK, Text("{number}, in nobody's list", number=shown), None, instance)


def of_rate_limit(log: RequestLog, now: datetime, instance: InstanceName) -> Finding | None:
    """Whether a rate limit stops an instance; None where none does."""
    if log.not_before is None or log.not_before <= now:
        return None
    return Finding(
        Check.RATE_LIMIT,
        Verdict.WARNING,
        Text(
            "a rate limit stops it: apply creates nothing on it before {time}", time=timestamp(log.not_before)
        ),
        Text("wait, and set a slower `pacing`; apply --ignore-rate-limit creates groups all the same"),
        instance,
    )


def of_clock(told: datetime | None, now: datetime, instance: InstanceName) -> Finding:
    """This machine's clock against the API's (its answers' Date, RFC 9110, 6.6.1)."""
    if told is None:
        return Finding(Check.CLOCK, Verdict.SKIPPED, Text("the API tells no time"), None, instance)
    skew = abs(now - told)
    if skew > MAX_SKEW:
        what = Text(
            "this machine's clock and the API's are {seconds:.0f} s apart",
            seconds=skew.total_seconds(),
        )
        hint = Text("set the clock (NTP): pace and budget go by it")
        return Finding(Check.CLOCK, Verdict.WARNING, what, hint, instance)
    return Finding(Check.CLOCK, Verdict.OK, Text("within a minute of the API's"), None, instance)


def masked(phone: str) -> str:
    """A phone number of which whoever knows it sees that it is the one: 5544*****0001."""
    return f"{phone[:4]}{'*' * max(0, len(phone) - 8)}{phone[-4:]}" if len(phone) > 8 else "*" * len(phone)


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings there are of each verdict, none left out."""
    verdicts = [finding.verdict for finding in findings]
    return {verdict.value: verdicts.count(verdict) for verdict in Verdict}


def _named(keys: Iterable[str]) -> str:
    names = sorted(keys)
    more = Text(" and {count} more", count=len(names) - MAX_NAMED) if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more


def _groups(number: int) -> Plural:
    return Plural("{number} group", "{number} groups", number)
