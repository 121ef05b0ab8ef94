"""Runs the installed `zapi-sync` in processes forked from one that has everything imported.

Most of what a test of the command line costs is the start of an interpreter. Here it is paid once: each order
(JSON with `argv`, `cwd` and `env`; the standard streams as descriptors) gets a process of its own, which runs
the installed script as a fresh interpreter would.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import pkgutil
import runpy
import socket
import sys
import traceback
from collections.abc import Mapping
from typing import Any

import zapi_sync

MAX_ORDER = 1 << 20


def serve(channel: socket.socket) -> None:
    """Take orders until the other end hangs up, and answer each with the exit code of its process."""
    _import_everything()
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, MAX_ORDER, 3)
        if not message:
            return
        process = os.fork()
        if process == 0:
            channel.close()
            _become(json.loads(message), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        _, status = os.waitpid(process, 0)
        channel.send(str(os.waitstatus_to_exitcode(status)).encode())


def _import_everything() -> None:
    for module in pkgutil.walk_packages(zapi_sync.__path__, "zapi_sync."):
        if module.name != "zapi_sync.__main__" and not module.name.startswith("zapi_sync.ci"):
            importlib.import_module(module.name)
    for name in ("jsonschema", "rich.progress", "httpx"):
        importlib.import_module(name)


def _become(order: Mapping[str, Any], descriptors: list[int]) -> None:
    """Run the command, and end as it does."""
    code = 70
    try:
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
        os.closerange(3, max(descriptors) + 1)
        os.chdir(order["cwd"])
        os.environ.clear()
        os.environ.update(order["env"])
        sys.argv = list(order["argv"])
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            errors = "backslashreplace" if name == "stderr" else "surrogateescape"
            mode = "w" if number else "r"
            stream = os.fdopen(number, mode, encoding="utf-8", errors=errors, closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
        code = _run(sys.argv[0])
        atexit._run_exitfuncs()
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001  whatever it is, this process must not go on as the forge
        traceback.print_exc()
    finally:
        os._exit(code)


def _run(script: str) -> int:
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
