"""The house's law: a module imports only from lower floors, and the floors' own nevers hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "zapi_sync"
FLOORS = {
    "dataclass": -1,
    "language": -1,
    "errors": 0,
    "ci": 0,
    "core": 1,
    "ports": 2,
    "state": 2,
    "zapi": 2,
    "journal_writer": 2.5,
    "apply": 3,
    "settle": 3,
    "lanes": 3,
    "deadline": 3,
    "shared_state": 3,
    "object_state": 4,
    "strangers": 3,
    "survey": 3,
    "edge": 4,
    "render": 4,
    "cli": 5,
    "__main__": 6,
}
PURE = {"core", "errors", "ports", "render", "state", "zapi"}
EFFECTS = {
    "asyncio", "fcntl", "glob", "httpx", "logging", "os", "pathlib", "random", "shutil", "signal", "socket",
    "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib.request", "uuid",
}  # fmt: skip


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(name: str) -> str | None:
    """The top-level room of a dotted name inside the package; None for what is not ours."""
    parts = name.split(".")
    return parts[1] if parts[0] == "zapi_sync" and len(parts) > 1 else None


def own_room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_it_may(path: Path) -> None:
    here = own_room(path)
    for name in imports(path):
        there = room(name)
        if there in (None, "__version__", "__init__"):
            assert here not in PURE or name.split(".")[0] not in EFFECTS, f"{path} is pure and imports {name}"
        elif here == "sandbox":
            assert there == "sandbox", f"the sandbox is another program, and {path} imports {name}"
        elif there == "sandbox":
            assert here == "cli", f"only the CLI starts the sandbox, and {path} imports {name}"
        elif there != here and here != "__init__":
            assert FLOORS[there] < FLOORS[here], f"{path} (floor {FLOORS[here]}) imports {name}"
            assert {here, there} != {"edge", "render"}
        elif here == "edge":
            assert name.split(".")[2:3] == [path.stem], (
                f"edge files import no siblings: {path} imports {name}"
            )


def test_only_the_cli_knows_click_and_prints() -> None:
    for path in modules():
        if own_room(path) not in ("cli", "sandbox"):
            assert "click" not in set(imports(path)), path
            calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
            names = {node.func.id for node in calls if isinstance(node.func, ast.Name)}
            assert not names & {"print", "exit", "input"}, path


def test_every_room_has_a_floor() -> None:
    rooms = {own_room(path) for path in modules()} - {"__init__", "sandbox"}
    assert rooms == set(FLOORS)
