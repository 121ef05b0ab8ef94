"""A disk that is full, broken, read-only or gone: found before a request if it can be, and never a twin."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .world import APPLY, Ran, Tally, World, converge, judge

NewWorld = Callable[[], World]
Figure = Callable[[object], None]
TWO = {"a": "Group a", "b": "Group b"}
LOOK = ("--settle", "0")
STATE = "groups.state.json"


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A disk of its own for a folder."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


def assert_told(world: World, ran: Ran) -> None:
    """Whatever exists on the server was told with its id and link, so that a person can import it."""
    for group in world.remote.groups(world.instance):
        assert group["phone"] in ran.said, f"{group['name']} was made, and its id is nowhere: {ran.said}"
        assert world.remote.link(world.instance, group["phone"]) in ran.said, ran.said


def refused(world: World) -> str:
    """An apply that fails before anything is sent; what it says."""
    ran = world.run(*APPLY, *LOOK)
    assert ran.code == 1, (ran.code, ran.said)
    assert world.remote.posts(world.instance).total() == 0
    assert "hint: " in ran.err
    return ran.err


def test_a_read_only_disk(world: World) -> None:
    """Found before the first request; once it is mended everything is made, once."""
    with small_disk(world.folder, "1m"):
        world.want(TWO)
        remount(world.folder, "ro")
        assert "read-only file system" in refused(world)
        remount(world.folder, "rw")
        assert converge(world, TWO) == []
        assert (world.twins(TWO), world.lost(TWO), world.missing(TWO)) == ([], [], [])


@pytest.mark.parametrize("name", [STATE, f"{STATE}.journal", f"{STATE}.lock"])
@pytest.mark.parametrize("what", ["folder", "link"])
def test_a_path_that_is_something_else(world: World, name: str, what: str) -> None:
    """A folder or a symbolic link in the place of any of the three files: found before the first request."""
    world.want(TWO)
    path = world.folder / name
    if what == "folder":
        path.mkdir()
    else:
        target = world.folder / "elsewhere"
        target.touch()
        path.symlink_to(target)
    assert name in refused(world)


def test_a_folder_that_is_not_there(world: World) -> None:
    world.want(TWO)
    ran = world.run(*APPLY, "--state", "no/such/folder/groups.state.json")
    assert ran.code == 1
    assert world.remote.posts(world.instance).total() == 0


def test_a_disk_that_fills_up(new_world: NewWorld, figure: Figure) -> None:
    """With so few pages left on the disk, from none to enough; then room is made."""
    tally = Tally()
    pages = range(8)
    for free in pages:
        world = new_world()
        with small_disk(world.folder, "64k"):
            world.want(TWO)
            fill(world.folder, leave=free)
            ran = world.run(*APPLY, *LOOK)
            assert ran.code in (0, 1), (ran.code, ran.said)
            assert_told(world, ran)
            (world.folder / "filler").unlink()
            judge_on_disk(world, tally, converge(world, TWO))
    figure(f"{len(pages)} sizes of what is free; {tally}")


def fill(folder: Path, leave: int) -> None:
    """Take all of a disk but so many pages."""
    room = os.statvfs(folder)
    (folder / "filler").write_bytes(b"x" * (room.f_bavail - leave) * room.f_bsize)


def judge_on_disk(world: World, tally: Tally, held: list[str]) -> None:
    """As judge does, of a folder that can be emptied but not removed."""
    home, world.folder = world.folder, world.folder.with_name(world.folder.name + "-copy")
    shutil.copytree(home, world.folder)
    judge(world, TWO, tally, held)


@pytest.mark.slow
@pytest.mark.parametrize("error", ["EIO", "ENOSPC+"])
def test_every_call_on_a_file_fails(new_world: NewWorld, figure: Figure, error: str) -> None:
    """Each open, write, fsync, rename, truncate and unlink in turn, once or with all that follow."""
    tally = Tally()
    reference = new_world()
    reference.want(TWO)
    on_files = [
        each
        for each in reference.run(*APPLY, *LOOK).boundaries
        if not each[1].startswith(("connect", "send", "recv", "flock"))
    ]
    for number, name in on_files:
        world = new_world()
        world.want(TWO)
        ran = world.run(*APPLY, *LOOK, point=(error, number, name))
        assert ran.code in (0, 1, 4), (ran.code, ran.said)
        assert_told(world, ran)
        judge(world, TWO, tally, converge(world, TWO))
    figure(f"{len(on_files)} calls; {tally}")
    assert (tally.twins, tally.lost) == (0, 0)


@pytest.mark.slow
def test_the_kernel_says_that_nothing_was_synced(new_world: NewWorld, figure: Figure) -> None:
    """The installed command, whose Nth fsync fails with EIO by strace's doing, for N = 1, 2, 3, …"""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not here")
    tally = Tally()
    for number in range(1, 100):
        world = new_world()
        world.want(TWO)
        inject = ["-e", "trace=fsync", "-e", f"inject=fsync:error=EIO:when={number}"]
        done = subprocess.run(
            [
                strace,
                "-f",
                "-qq",
                "-o",
                os.devnull,
                *inject,
                sys.executable,
                "-m",
                "zapi_sync",
                *APPLY,
                *LOOK,
            ],
            cwd=world.folder,
            env=world.env(),
            capture_output=True,
            check=False,
        )
        assert_told(world, Ran(done.returncode, done.stdout.decode(), done.stderr.decode(), []))
        judge(world, TWO, tally, converge(world, TWO))
        if done.returncode == 0:
            break
    figure(f"{tally.cases} times EIO from fsync; {tally}")
    assert tally.cases > 5


def test_a_folder_that_vanishes_in_the_middle(world: World) -> None:
    """The answer has nowhere to be written: it is told, nothing else is sent, no twin is made."""
    three = TWO | {"c": "Group c"}
    world.want(three)
    config = world.folder / "groups.yaml"
    text = config.read_text()
    world.remote.fault("create-ok")
    world.remote.fault("create-slow", seconds=1)
    vanish = threading.Thread(target=remove_once_asked, args=(world, "Group b"))
    vanish.start()
    ran = world.run(*APPLY, *LOOK, "-f", str(config), cwd="/")
    vanish.join()
    assert ran.code == 1, ran.said
    assert_told(world, ran)
    assert dict(world.remote.posts(world.instance)) == {"Group a": 1, "Group b": 1}

    world.folder.mkdir()
    config.write_text(text)
    again = world.run(*APPLY, *LOOK)
    assert again.code == 4, again.said
    assert dict(world.remote.posts(world.instance)) == {"Group a": 1, "Group b": 1, "Group c": 1}
    for group in world.remote.groups(world.instance):
        if group["name"] != "Group c":
            key = group["name"].split()[1]
            assert world.run("import", key, group["phone"]).code == 0
    assert (world.twins(three), world.lost(three), world.missing(three)) == ([], [], [])
    assert world.run(*APPLY, *LOOK).code == 0


def remove_once_asked(world: World, name: str) -> None:
    """Take the folder away while the request for this name is being served."""
    while world.remote.posts(world.instance)[name] == 0:
        pass
    world.folder.rename(world.folder.with_name("gone"))
