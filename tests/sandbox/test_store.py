"""The groups survive runs; threads and processes may share them."""

import os
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from zapi_sync.sandbox import create_app
from zapi_sync.sandbox.rules import GroupOrder
from zapi_sync.sandbox.store import Store

from .world import PHONE, World, in_process, order, over_loopback, record


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "sandbox.db")


def test_groups_survive_the_app(database: str) -> None:
    with in_process(create_app(database)) as world:
        created = world.create()
    with over_loopback(create_app(database)) as world:
        again = record(world.get(f"group-metadata/{created['phone']}"))
        assert again["invitationLink"] == created["invitationLink"]
        assert world.names() == ["VIP"]


def test_two_apps_on_one_file_see_each_other(database: str) -> None:
    with in_process(create_app(database)) as one, in_process(create_app(database)) as other:
        one.create("A")
        other.create("B")
        assert one.names() == other.names() == ["B", "A"]


def test_the_file_is_for_its_owner_alone(database: str) -> None:
    mask = os.umask(0)
    try:
        create_app(database)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(os.stat(database).st_mode) == 0o600


def test_memory_is_not_shared() -> None:
    with in_process(create_app(":memory:")) as one, in_process(create_app(":memory:")) as other:
        one.create()
        assert other.names() == []


def test_parallel_creates_make_a_group_each(database: str) -> None:
    with over_loopback(create_app(database)) as world, ThreadPoolExecutor(16) as pool:
        created = list(pool.map(world.create, (f"G{number}" for number in range(100))))
        assert len({group["phone"] for group in created}) == 100
        assert sorted(str(name) for name in world.names()) == sorted(f"G{number}" for number in range(100))


def test_parallel_creates_in_process(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(world.post, [order()] * 40))
    assert [answer.status_code for answer in answers] == [200] * 40
    assert len(world.names()) == 40


def test_two_processes_on_one_file(database: str) -> None:
    program = (
        "import sys\n"
        "from zapi_sync.sandbox.rules import GroupOrder\n"
        "from zapi_sync.sandbox.store import Store\n"
        "store = Store(sys.argv[1])\n"
        "for _ in range(50): store.create('i', GroupOrder('G', ('5544999999999',), (), ()))\n"
    )
    command = [sys.executable, "-c", program, database]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    assert [process.communicate(timeout=60)[1] for process in running] == [b""] * 3
    with closing(Store(database)) as store:
        groups = store.page("i", 1, 1000)
        assert len({group.phone for group in groups}) == 150
        assert all(store.members(group) == [PHONE] for group in groups)


def test_a_create_that_fails_leaves_nothing(database: str) -> None:
    with closing(Store(database)) as store:
        with pytest.raises(UnicodeEncodeError):
            store.create("i", GroupOrder("G", ("\ud800",), (), ()))
        assert store.page("i", 1, 9) == []
        store.create("i", GroupOrder("G", (PHONE,), (), ()))
        assert len(store.page("i", 1, 9)) == 1


def test_what_is_no_sandbox_database_is_refused_and_left_alone(database: str, tmp_path: Path) -> None:
    text = tmp_path / "groups.yaml"
    text.write_text("groups: {}\n" * 100)
    with closing(sqlite3.connect(database)) as foreign:
        foreign.execute("CREATE TABLE mine (one TEXT)")
    for path in (str(text), database, str(tmp_path)):
        with pytest.raises(ValueError, match="cannot serve as the sandbox's database"):
            create_app(path)
    assert text.read_text() == "groups: {}\n" * 100
    with pytest.raises(FileNotFoundError):
        create_app(str(tmp_path / "no" / "folder" / "sandbox.db"))


def test_a_database_of_a_later_version_is_refused(database: str) -> None:
    create_app(database)
    with closing(sqlite3.connect(database)) as later:
        later.execute("PRAGMA user_version = 3")
    with pytest.raises(ValueError, match="version 2"):
        create_app(database)


def test_a_database_of_version_1_is_taken_over_with_its_groups(database: str) -> None:
    with in_process(create_app(database)) as world:
        world.create("Kept")
    with closing(sqlite3.connect(database)) as earlier:
        earlier.execute("ALTER TABLE groups DROP COLUMN demoted")
        earlier.execute("PRAGMA user_version = 1")
    with in_process(create_app(database)) as world:
        assert world.names() == ["Kept"]
