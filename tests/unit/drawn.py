"""What hypothesis draws: groups, records, states, and the journals of runs that may break off anywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st

from zapi_sync.core.journal import Adopted, Begin, Concluded, Event, Intent, LinkFound, Sending
from zapi_sync.core.model import Group, GroupId, GroupKey, How, InstanceName, Record, sha256_of
from zapi_sync.core.outcome import Absent, Cause, Created, Outcome, Rejected, Unknown, Unsent
from zapi_sync.core.pacing import RequestLog
from zapi_sync.core.phones import Phone
from zapi_sync.core.state import State

QUICK = settings(max_examples=40, deadline=None)

KEYS = st.builds("{}{}".format, st.sampled_from("ab01"), st.text("ab0-_.", max_size=4)).map(GroupKey)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INSTANCES = st.sampled_from(["default", "sales", "support"]).map(InstanceName)
PHONES = st.integers(10**7, 10**15 - 1).map(lambda number: Phone(str(number)))
IDS = st.integers(10**4, 10**18).map(lambda number: GroupId(f"{number}-group"))
A_LINK = st.text("aZ0-_", min_size=4, max_size=22).map("https://chat.whatsapp.com/{}".format)
LINKS = st.none() | A_LINK
MOMENTS = st.integers(0, 400 * 24 * 3600).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(0, seconds)
)

GROUPS = st.builds(
    Group,
    key=KEYS,
    instance=INSTANCES,
    group_name=NAMES,
    auto_invite=st.booleans(),
    phones=st.lists(PHONES, min_size=1, max_size=4, unique=True).map(tuple),
)
RECORDS = st.builds(
    Record,
    instance=INSTANCES,
    phone=IDS,
    invitation_link=LINKS,
    phones_not_added=st.lists(PHONES, max_size=2).map(tuple),
    group_name=NAMES,
    auto_invite=st.booleans(),
    phones_digest=TEXTS.map(sha256_of),
    created_at=MOMENTS,
    how=st.none() | st.sampled_from(How),
)
LOGS = st.builds(
    lambda fruitless, limit: RequestLog(fruitless, *limit),
    st.dictionaries(st.uuids().map(str) | IDS, MOMENTS, max_size=3),
    st.just((0, None)) | st.tuples(st.integers(1, 10**6), MOMENTS),
)
STATES = st.builds(
    State,
    lineage=st.uuids().map(str),
    serial=st.integers(1, 10**9),
    remote=st.sampled_from(["https://api.z-api.io", "sandbox"]),
    instances=st.dictionaries(INSTANCES, TEXTS.map(sha256_of)),
    groups=st.lists(  # no two keys stand for one group
        st.tuples(KEYS, RECORDS), max_size=4, unique_by=(lambda pair: pair[0], lambda pair: pair[1].phone)
    ).map(dict),
    requests=st.dictionaries(INSTANCES, LOGS.filter(lambda log: log != RequestLog()), max_size=2),
)
CREATED = st.builds(Created, IDS, LINKS, st.lists(PHONES, max_size=2).map(tuple))
OUTCOMES: st.SearchStrategy[Outcome | Absent] = st.one_of(
    CREATED,
    st.builds(Rejected, st.sampled_from(Cause), TEXTS),
    st.builds(Unsent, TEXTS),
    st.builds(Unknown, TEXTS, st.booleans()),
    st.builds(Absent, TEXTS),
)


@st.composite
def runs(draw: st.DrawFn) -> list[Event]:
    """A journal as runs write it: attempts of different keys one after another, each as far as it came, and
    what was settled by looking."""
    events: list[Event] = [Begin(str(draw(st.uuids())), draw(st.integers(1, 1000)))]
    for number, group in enumerate(draw(st.lists(GROUPS, max_size=4, unique_by=lambda group: group.key))):
        at, attempt = draw(MOMENTS), f"attempt-{number}"
        outcome = draw(OUTCOMES)
        whole: list[Event] = [Intent(at, attempt, group, draw(st.lists(IDS, max_size=2).map(tuple)))]
        if not isinstance(outcome, Unsent) or draw(st.booleans()):
            whole.append(Sending(at, attempt))
        whole.append(Concluded(at, attempt, outcome))
        whole.append(Adopted(at, group, draw(CREATED), draw(MOMENTS), draw(st.sampled_from(How))))
        whole.append(LinkFound(at, group.key, draw(A_LINK)))
        events += whole[: draw(st.integers(1, len(whole)))]
    return events
