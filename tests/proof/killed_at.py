"""zapi-sync as a process that dies at a boundary: SIGKILL at a call that the world outside can see.

    python killed_at.py before 2 "send POST create-group" -- apply --auto-approve

A boundary is a call's name and the how-manieth of that name it is (an answer may arrive in one piece or in
two, so a number alone would not name the same moment twice). `before` and `after` kill just before and just
after the call, `half` after the first half of a write or send; `EIO` and `ENOSPC` let the call fail
instead, and `EIO+` and `ENOSPC+` it and all that follow. Between two such calls nothing leaves the
process, so these moments are all there are; a run's trace tells every name. Without arguments this
is a forge: it reads orders from standard input (JSON, one a line) and forks a process for each, from a parent
that has everything imported, which makes thousands of kills affordable. It shares no code with the tests.
"""

from __future__ import annotations

import builtins
import errno
import fcntl
import functools
import importlib
import io
import json
import os
import pkgutil
import re
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import obstore
import psycopg

import zapi_sync
import zapi_sync.cli

_OF_FILES = (
    "write", "pwrite", "writev", "fsync", "fdatasync", "ftruncate", "truncate", "posix_fallocate",
    "replace", "rename", "link", "symlink", "unlink", "remove", "mkdir", "chmod", "fchmod",
)  # fmt: skip
_OF_SOCKETS = ("connect", "send", "sendall", "recv", "recv_into")
_MAY_CHANGE = os.O_CREAT | os.O_WRONLY | os.O_RDWR | os.O_TRUNC
_CALL = re.compile(rb"(GET|POST) \S*?/token/[^/]+/([a-z-]+)")

_VERBS = ("fetch", "push", "fast-import", "commit-tree", "cat-file", "ls-remote")

_ERRORS = {"EIO": errno.EIO, "EIO+": errno.EIO, "ENOSPC": errno.ENOSPC, "ENOSPC+": errno.ENOSPC}

_write = os.write


class Watch:
    """Counts the calls, writes the name of each to a trace, and kills its process at one of them."""

    def __init__(self, trace: int, how: str = "before", at: tuple[int, str] | None = None) -> None:
        self._trace, self._how, self._at = trace, how, at
        self._counts: Counter[str] = Counter()
        self._talk = "-"
        self._failing = False

    def install(self) -> None:
        """Put itself around everything that has an effect outside this process."""
        for name in _OF_FILES:
            if hasattr(os, name):
                setattr(os, name, self._around(name, getattr(os, name)))
        os.open = self._opening(os.open)
        fcntl.flock = self._around("flock", fcntl.flock)
        builtins.open = _counted_files(builtins.open)
        for name in _OF_SOCKETS:
            setattr(socket.socket, name, self._on_socket(name, getattr(socket.socket, name)))
        psycopg.Connection.execute = self._telling(psycopg.Connection.execute, _statement)  # type: ignore[method-assign]
        subprocess.Popen.communicate = self._telling(subprocess.Popen.communicate, _program)  # type: ignore[method-assign]
        for name in ("put", "get", "delete"):
            setattr(obstore, name, self._telling(getattr(obstore, name), functools.partial(_object, name)))

    def call(self, name: str, do: Callable[[], Any], half: Callable[[], object] | None = None) -> Any:
        """One call, and the end of the process if it is the one."""
        self._counts[name] += 1
        _write(self._trace, f"{name}\n".encode())
        if self._how in _ERRORS:
            return self._fail(name, do)
        if (self._counts[name], name) != self._at:
            return do()
        try:
            if self._how == "after":
                do()
            elif self._how == "half" and half:
                half()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")

    def _fail(self, name: str, do: Callable[[], Any]) -> Any:
        """From the boundary on, once or for ever, what is done to files ends in an error."""
        self._failing = self._failing or (self._counts[name], name) == self._at
        if not self._failing or name.startswith(("connect", "send", "recv", "flock")):
            return do()
        self._failing = self._how.endswith("+")
        code = _ERRORS[self._how]
        raise OSError(code, os.strerror(code))

    def _around(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def wrapped(*args: Any, **options: Any) -> Any:
            if name == "write" and args[0] <= 2:  # a word to the terminal changes nothing
                return original(*args, **options)
            half = None
            if name in ("write", "pwrite"):
                half = functools.partial(original, args[0], args[1][: len(args[1]) // 2], *args[2:])
            return self.call(f"{name} {_file(args)}", lambda: original(*args, **options), half)

        return wrapped

    def _opening(self, original: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(original)
        def opened(path: Any, flags: int, *args: Any, **options: Any) -> int:
            if not flags & _MAY_CHANGE:
                return original(path, flags, *args, **options)
            result: int = self.call(f"open {_name(path)}", lambda: original(path, flags, *args, **options))
            return result

        return opened

    def _telling(self, original: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
        """What a library does outside this process, as one call."""

        @functools.wraps(original)
        def wrapped(*args: Any, **options: Any) -> Any:
            return self.call(name(*args), lambda: original(*args, **options))

        return wrapped

    def _on_socket(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def wrapped(sock: socket.socket, *args: Any) -> Any:
            half = None
            if name.startswith("send"):
                call = _CALL.match(args[0])
                self._talk = f"{call[1].decode()} {call[2].decode()}" if call else f"body of {self._talk}"
                half = functools.partial(original, sock, args[0][: len(args[0]) // 2])
            about = "" if name == "connect" else f" {self._talk}"
            return self.call(f"{name}{about}", lambda: original(sock, *args), half)

        return wrapped


class _CountedFile(io.FileIO):
    def write(self, data: Any) -> int:
        return os.write(self.fileno(), bytes(data))


def _counted_files(original: Callable[..., Any]) -> Callable[..., Any]:
    """`open` for a descriptor and bytes writes through os.write, where the others are counted too."""

    @functools.wraps(original)
    def opened(file: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
        if isinstance(file, int) and mode == "wb":
            return io.BufferedWriter(_CountedFile(file, "wb"))
        return original(file, mode, *args, **options)

    return opened


def _file(args: Sequence[Any]) -> str:
    """What a call is about: the file behind a descriptor, or the last path."""
    if isinstance(args[0], int):
        target = os.readlink(f"/proc/self/fd/{args[0]}")
        return "the folder" if Path(target).is_dir() else _name(target)
    return _name(args[-1] if len(args) > 1 and isinstance(args[1], (str, os.PathLike)) else args[0])


def _statement(_: object, statement: object, *__: object) -> str:
    return f"sql {' '.join(str(statement).split()[:3])}"


def _program(process: Any, *_: object) -> str:
    words = [str(word) for word in process.args]
    return f"{words[0]} {next((word for word in words[1:] if word in _VERBS), 'command')}"


def _object(verb: str, _: object, path: Any, *__: object) -> str:
    return f"{verb} {re.sub('[0-9a-f]{16,}', '…', str(path))}"


def _name(path: Any) -> str:
    return re.sub(r"\.[0-9a-f]{8}\.tmp", ".tmp", Path(os.fsdecode(path)).name)


def _become(order: Mapping[str, Any], folder: str, log: str) -> int:
    """Run the command line in this process, which stands for nothing else from now on."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(order["env"])
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(f"{log}.out", flags, 0o600), 1)
    os.dup2(os.open(f"{log}.err", flags, 0o600), 2)
    trace = os.open(f"{log}.trace", flags | os.O_APPEND, 0o600)
    os.set_inheritable(trace, False)
    if order.get("impatient"):
        zapi: Any = importlib.import_module("zapi_sync.edge.zapi")
        zapi.RETRY_PAUSES = (0.0, 0.0)
        shared: Any = importlib.import_module("zapi_sync.shared_state")
        shared._RETRY_SECONDS = 0.05
    how, *at = order.get("point") or ["before", 0, ""]
    Watch(trace, how, (at[0], at[1])).install()
    code = zapi_sync.cli.run(order["argv"])
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _fork(order: Mapping[str, Any], folder: str, log: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        code = _become(order, folder, log)
    except BaseException:  # noqa: BLE001  a bug of this file must be seen
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _carry_out(order: Mapping[str, Any]) -> list[int]:
    """All copies of a command at once; the exit code of each, or the number of the signal, negative."""
    folders = order.get("folders") or [order["cwd"]] * order.get("copies", 1)
    pids = [_fork(order, folder, f"{order['log']}.{copy}") for copy, folder in enumerate(folders)]
    if order.get("kill_after") is not None:
        time.sleep(order["kill_after"])
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]


def _import_everything() -> None:
    for module in pkgutil.walk_packages(zapi_sync.__path__, "zapi_sync."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in ("httpx", "httpcore", "jsonschema", "rich.progress", "getpass", "encodings.idna"):
        importlib.import_module(name)
    # Plain HTTP here: one TLS context, which nobody uses, instead of one a request (60 ms each).
    transports: Any = importlib.import_module("httpx._transports.default")
    context = transports.create_ssl_context()
    transports.create_ssl_context = lambda *_, **__: context


def _forge() -> None:
    _import_everything()
    for line in sys.stdin:
        codes = _carry_out(json.loads(line))
        sys.stdout.write(json.dumps(codes) + "\n")
        sys.stdout.flush()


def main() -> None:
    """The two ways to start this file."""
    if len(sys.argv) == 1:
        _forge()
        return
    how, number, name, _, *argv = sys.argv[1:]
    Watch(os.open(os.devnull, os.O_WRONLY), how, (int(number), name)).install()
    sys.exit(zapi_sync.cli.run(argv))


if __name__ == "__main__":
    main()
