"""What is particular to a state in object storage: the sequence, its fence, and an endpoint that fails."""

from __future__ import annotations

import copy
import itertools
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest import mock

import obstore
import pytest
from obstore.exceptions import AlreadyExistsError
from werkzeug.wrappers import Response

from tests.contract.objects import Act, Asked, Endpoint, Serve, served
from zapi_sync.cli.sharing import object_backend
from zapi_sync.cli.wiring import open_state
from zapi_sync.core.holding import Kept
from zapi_sync.core.journal import Begin, replay
from zapi_sync.core.object_sequence import Lock
from zapi_sync.core.outcome import Unknown
from zapi_sync.errors import StateLost, StateUnwritable
from zapi_sync.object_state import Grip, ObjectBackend

from .buckets import backend, bucket, holder, taken, there
from .given import LINEAGE, MADE, STATE, attempt

__all__ = ["backend", "bucket", "there"]  # fixtures

OVER = -60.0
"""A lease that is over at once, for others."""


def again(backend: ObjectBackend) -> ObjectBackend:
    """Another machine with the same state."""
    return object_backend(backend.name)


@contextmanager
def counted(there: Endpoint) -> Iterator[list[str]]:
    """The requests of a block."""
    before = len(there.asked)
    requests: list[str] = []
    yield requests
    requests += there.requests[before:]


def test_an_append_is_one_request(there: Endpoint, bucket: str, backend: ObjectBackend) -> None:
    grip = taken(backend)
    with counted(there) as requests:
        grip.append(1, b"first\n")
        grip.append(2, b"second\n")
    folder = f"/{bucket}/team/launch.state.json.journal"
    assert requests == [f"PUT {folder}/0000000001", f"PUT {folder}/0000000002"]
    assert again(backend).read() == Kept(journal=b"first\nsecond\n")


def test_a_checkpoint_is_one_put_and_what_is_over_goes(
    there: Endpoint, bucket: str, backend: ObjectBackend
) -> None:
    grip = taken(backend)
    grip.append(1, b"first\n")
    with counted(there) as requests:
        grip.replace(b"{}", b"left\n", b"older")
    assert requests[:-1] == [
        f"GET /{bucket}",
        f"HEAD /{bucket}/team/launch.state.json",
        f"PUT /{bucket}/team/launch.state.json.journal/0000000002",
        f"PUT /{bucket}/team/launch.state.json",
        f"PUT /{bucket}/team/launch.state.json.backup",
    ]
    assert requests[-1].startswith(("POST", "DELETE")), "it clears away all at once, or one by one"
    grip.append(2, b"second\n")
    grip.give_back()
    assert again(backend).read() == Kept(b"{}", b"left\nsecond\n", b"older")
    assert [path.removeprefix("team/launch.state.json") for path in there.paths(bucket)] == [
        "", ".backup", ".journal/0000000002", ".journal/0000000003", ".lock", ".probe",
    ]  # fmt: skip


def test_of_two_appends_at_one_number_one_is_refused(backend: ObjectBackend) -> None:
    grip = taken(backend)
    twins = [copy.copy(grip) for _ in range(20)]

    def append(number: int) -> bool:
        try:
            twins[number].append(1, b"%d\n" % number)
        except StateLost:
            return False
        return True

    with ThreadPoolExecutor(len(twins)) as threads:
        done = list(threads.map(append, range(len(twins))))
    assert done.count(True) == 1
    assert again(backend).read().journal == b"%d\n" % done.index(True)


def test_of_many_that_want_the_lock_one_gets_it(there: Endpoint, backend: ObjectBackend) -> None:
    """Each has seen it free before any of them puts it."""

    def seen_by_all(looks: Iterator[int], together: threading.Barrier) -> Act:
        def act(asked: Asked, serve: Serve) -> Response | None:
            answer = serve()
            if asked.method == "GET" and asked.path.endswith(".lock") and next(looks) <= 5:
                together.wait()
            return answer

        return act

    def take(number: int) -> bool:
        return isinstance(again(backend).take(holder(str(number)), 60.0), Grip)

    for _ in range(2):  # where there is no lock yet, and where there is one
        there.act = seen_by_all(itertools.count(1), threading.Barrier(5, timeout=10))
        with ThreadPoolExecutor(5) as threads:
            assert list(threads.map(take, range(5))).count(True) == 1
        there.act = served
        now = again(backend).holder()
        assert now
        again(backend).take_away(now.id)


def test_the_holder_before_is_fenced_off_even_after_checkpoints(backend: ObjectBackend) -> None:
    """Its number stays taken: else its append would be let through, and with it what it sends."""
    old = taken(backend, "old", OVER)
    old.append(1, b"old\n")
    new = taken(again(backend), "new")
    for number in range(3):
        new.append(1, b"new\n")
        new.replace(b"%d" % number, b"", None)
    new.give_back()
    other = taken(again(backend), "other")
    other.replace(b"other", b"", None)
    late: list[Callable[[], None]] = [
        lambda: old.append(2, b"late\n"),
        lambda: old.replace(b"late", b"", None),
        old.give_back,
    ]
    for call in late:
        with pytest.raises(StateLost, match="the lock on this state was lost"):
            call()
    other.append(1, b"on\n")
    assert again(backend).read() == Kept(b"other", b"on\n")


def test_a_holder_that_writes_while_it_is_taken_over_is_passed_and_then_fenced_off(
    there: Endpoint, backend: ObjectBackend
) -> None:
    old = taken(backend, "old", OVER)

    def act(asked: Asked, serve: Serve) -> Response | None:
        if asked.method == "PUT" and asked.path.endswith(".lock"):
            there.act = served
            old.append(1, b"in between\n")
        return serve()

    there.act = act
    new = taken(again(backend), "new")
    with pytest.raises(StateLost):
        old.append(2, b"late\n")
    new.append(2, b"new\n")
    assert again(backend).read().journal == b"in between\nnew\n"


def test_whoever_is_slow_to_take_over_does_not_pass_the_one_after_it(
    there: Endpoint, backend: ObjectBackend
) -> None:
    taken(backend, "old", OVER)

    def act(asked: Asked, serve: Serve) -> Response | None:
        if "journal" in asked.path and asked.method == "PUT":
            there.act = served
            taken(again(backend), "quick").append(1, b"quick\n")
        return serve()

    there.act = act
    with pytest.raises(StateLost):
        taken(again(backend), "slow", OVER)
    assert again(backend).read().journal == b"quick\n"


def test_a_lock_that_a_person_removed_is_made_anew_with_its_fence(
    there: Endpoint, bucket: str, backend: ObjectBackend
) -> None:
    old = taken(backend, "old")
    old.append(1, b"old\n")
    obstore.delete(there.open(bucket), "team/launch.state.json.lock")
    new = taken(again(backend), "new")
    with pytest.raises(StateLost):
        old.append(2, b"late\n")
    new.append(2, b"new\n")
    assert again(backend).read().journal == b"old\nnew\n"


def test_a_reader_never_sees_less_than_was_acknowledged(backend: ObjectBackend) -> None:
    """The lines are counted in the state, as a checkpoint folds them in, and in the journal."""
    written, done = [0], threading.Event()

    def write() -> None:
        grip = taken(backend)
        for number in range(1, 61):
            grip.append(number, b"line\n")
            written[0] = number
            if number % 7 == 0:
                grip.replace(b"%d" % number, b"", None)
        done.set()

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        while not done.is_set() and not writing.done():
            before = written[0]
            kept = again(backend).read()
            assert before <= int(kept.state or b"0") + kept.journal.count(b"\n") <= written[0] + 1
        writing.result()


def lose(there: Endpoint, method: str, ending: str, *, times: int = 1, is_done: bool) -> list[Asked]:
    """From now on: so many such requests get no answer, being done or not."""
    lost: list[Asked] = []

    def act(asked: Asked, serve: Serve) -> Response | None:
        if asked.method != method or not asked.path.endswith(ending) or len(lost) == times:
            return serve()
        lost.append(asked)
        if is_done:
            serve()
        return None

    there.act = act
    return lost


@pytest.mark.parametrize("is_done", [True, False])
def test_an_append_whose_answer_is_lost_is_there_once(
    there: Endpoint, backend: ObjectBackend, is_done: bool
) -> None:
    grip = taken(backend)
    lost = lose(there, "PUT", "journal/0000000001", is_done=is_done)
    with counted(there) as requests:
        grip.append(1, b"first\n")
        grip.append(2, b"second\n")
    assert len(lost) == 1
    assert [each.partition(" ")[0] for each in requests] == ["PUT", "GET", *["PUT"] * (1 if is_done else 2)]
    assert again(backend).read().journal == b"first\nsecond\n"


@pytest.mark.parametrize("is_done", [True, False])
def test_a_lock_whose_put_got_no_answer_is_still_ours(
    there: Endpoint, backend: ObjectBackend, is_done: bool
) -> None:
    lost = lose(there, "PUT", ".lock", is_done=is_done)
    grip = taken(backend)
    assert len(lost) == 1
    lost = lose(there, "PUT", ".lock", is_done=is_done)
    grip.renew(60.0)
    assert len(lost) == 1
    lost = lose(there, "PUT", ".lock", is_done=is_done)
    grip.give_back()
    assert len(lost) == 1
    assert again(backend).holder() is None


def test_a_renewal_that_came_through_late_is_ours(there: Endpoint, backend: ObjectBackend) -> None:
    grip = taken(backend)

    def act(asked: Asked, serve: Serve) -> Response | None:
        if asked.method == "PUT":
            serve()
        return None

    there.act = act
    with pytest.raises(StateUnwritable):
        grip.renew(60.0)
    there.act = served
    grip.renew(60.0)
    assert again(backend).holder() == holder()


def test_an_endpoint_that_goes_away_leaves_nothing_that_lands_later(
    there: Endpoint, bucket: str, backend: ObjectBackend
) -> None:
    grip = taken(backend)
    grip.append(1, b"first\n")
    on_its_way: list[tuple[str, bytes]] = []

    def act(asked: Asked, serve: Serve) -> Response | None:
        if asked.method == "PUT":
            on_its_way.append((asked.path.removeprefix(f"/{bucket}/"), asked.body))
        return None

    there.act = act
    with pytest.raises(StateUnwritable, match="it gave no usable answer"):
        grip.append(2, b"second\n")
    there.act = served
    more: list[Callable[[], None]] = [
        lambda: grip.append(2, b"third\n"),
        lambda: grip.replace(b"{}", b"", None),
    ]
    for call in more:
        with pytest.raises(StateUnwritable, match="it gave no usable answer"):
            call()
    grip.give_back()
    new = taken(again(backend), "new")
    with pytest.raises(AlreadyExistsError):
        obstore.put(there.open(bucket), *on_its_way[0], mode="create")
    new.append(2, b"new\n")
    assert again(backend).read().journal == b"first\nnew\n"


def test_what_was_given_back_in_good_order_needs_no_takeover(
    there: Endpoint, bucket: str, backend: ObjectBackend
) -> None:
    for _ in range(3):
        taken(backend).give_back()
    assert not [path for path in there.paths(bucket) if "journal" in path]


def test_a_takeover_that_cannot_be_put_gives_the_lock_back_and_the_next_one_puts_it(
    there: Endpoint, backend: ObjectBackend
) -> None:
    old = taken(backend, "old", OVER)
    lose(there, "PUT", "journal/0000000001", times=9, is_done=False)
    with pytest.raises(StateUnwritable):
        taken(again(backend), "unlucky")
    there.act = served
    assert again(backend).holder() is None
    taken(again(backend), "new")
    with pytest.raises(StateLost):
        old.append(1, b"late\n")


def test_a_lock_that_is_renewed_while_it_is_taken_away_goes(there: Endpoint, backend: ObjectBackend) -> None:
    grip = taken(backend)

    def act(asked: Asked, serve: Serve) -> Response | None:
        if asked.method == "PUT" and asked.path.endswith(".lock"):
            there.act = served
            grip.renew(60.0)
        return serve()

    there.act = act
    again(backend).take_away("one")
    assert again(backend).holder() is None
    again(backend).take_away("one")
    late: list[Callable[[], None]] = [lambda: grip.renew(60.0), lambda: grip.append(1, b"late\n")]
    for call in late:
        with pytest.raises(StateLost):
            call()


CHECKPOINTS = """
import os, sys
from zapi_sync.cli.wiring import open_state
from zapi_sync import object_state
from zapi_sync.core import state_document, stored
from zapi_sync.edge import bucket
for address in sys.stdin:
    pid = os.fork()
    if pid == 0:
        store = open_state(address.strip())
        with store.lock(0):
            store.checkpoint()
        os._exit(0)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


def checkpoint_killed_after(
    requests: int, there: Endpoint, starter: subprocess.Popen[str], address: str
) -> bool:
    """Has a process of its own do it, and kills it once so many of its requests are done; whether it did."""
    assert starter.stdin
    assert starter.stdout
    begun, done, pid = threading.Event(), itertools.count(1), 0

    def act(asked: Asked, serve: Serve) -> Response | None:
        answer = serve()
        assert begun.wait(10)
        if next(done) < requests:
            return answer
        os.kill(pid, signal.SIGKILL)
        return None

    there.act = act
    print(address, file=starter.stdin, flush=True)
    pid = int(starter.stdout.readline())
    begun.set()
    code = int(starter.stdout.readline())
    there.act = served
    assert code in (0, -signal.SIGKILL)
    return code != 0


@pytest.mark.slow
def test_a_checkpoint_can_be_killed_at_any_request(there: Endpoint) -> None:
    events = [*attempt("made", MADE), *attempt("lost", Unknown("reset")), *attempt("killed")]
    known = replay(STATE, [Begin(LINEAGE, 1), *events])
    command = [sys.executable, "-c", CHECKPOINTS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as starter:
        for requests in itertools.count(1):
            address = f"s3://{there.new_bucket()}/team/launch"
            store = open_state(address)
            with store.lock(0):
                store.replace(STATE, (), backup=False)
                journal = store.open_journal(STATE)
                for event in events:
                    journal.append(event)
            was_killed = checkpoint_killed_after(requests, there, starter, address)
            after = open_state(address)
            found = after.load()
            assert (found.groups, found.open) == (known.groups, known.open), requests
            with mock.patch.object(Lock, "held_at", return_value=None), after.lock(0):
                folded = after.checkpoint()
            assert (folded.groups, folded.open) == (known.groups, known.open), requests
            assert open_state(address).load() == folded
            if not was_killed:
                break
    assert requests > 10


@pytest.mark.skipif("ZAPI_SYNC_TEST_BUCKET" not in os.environ, reason="ZAPI_SYNC_TEST_BUCKET names no bucket")
def test_a_real_bucket_honours_the_conditions() -> None:
    backend = object_backend(f"{os.environ['ZAPI_SYNC_TEST_BUCKET']}/zapi-sync-test-{uuid.uuid4()}/launch")
    old = taken(backend, "old", OVER)
    old.append(1, b"old\n")
    new = taken(again(backend), "new")
    new.replace(b"{}", b"left\n", b"older")
    new.renew(60.0)
    with pytest.raises(StateLost):
        old.append(2, b"late\n")
    new.append(2, b"new\n")
    assert again(backend).read() == Kept(b"{}", b"left\nnew\n", b"older")
    assert again(backend).take(holder("other"), 60.0) == holder("new")
    new.give_back()
    assert again(backend).holder() is None
