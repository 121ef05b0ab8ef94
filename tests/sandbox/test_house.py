"""The sandbox is another program: it imports nothing of the rest, and costs nothing until it is used."""

import ast
import subprocess
import sys
from pathlib import Path

import zapi_sync.sandbox

PACKAGE = Path(zapi_sync.sandbox.__file__).parent


def imported(source: str) -> set[str]:
    """Return the modules that a source imports; a relative import as its dots."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            names |= {base} if base != "zapi_sync" else {f"zapi_sync.{alias.name}" for alias in node.names}
    return names


def foreign(names: set[str]) -> set[str]:
    own = {name for name in names if name == "zapi_sync.sandbox" or name.startswith("zapi_sync.sandbox.")}
    return {name for name in names - own if name.startswith((".", "zapi_sync"))}


def test_the_sandbox_imports_nothing_of_the_rest() -> None:
    sources = sorted(PACKAGE.rglob("*.py"))
    assert len(sources) >= 10
    for source in sources:
        assert foreign(imported(source.read_text(encoding="utf-8"))) == set(), source.name


def test_the_check_sees_what_it_should() -> None:
    bad = (
        "import zapi_sync\nfrom zapi_sync import core\nfrom zapi_sync.edge.zapi import x\nfrom .. import y\n"
    )
    good = "from zapi_sync import sandbox\nfrom zapi_sync.sandbox.rules import x\nimport os\n"
    assert foreign(imported(bad)) == {"zapi_sync", "zapi_sync.core", "zapi_sync.edge.zapi", ".."}
    assert foreign(imported(good)) == set()


def test_flask_is_imported_only_once_it_is_needed() -> None:
    program = (
        "import sys, zapi_sync.sandbox as s\n"
        "assert s.CONNECTED_NUMBER and s.NOT_ADDABLE_SUFFIX and s.REFUSED_CLIENT_TOKEN\n"
        "heavy = {'flask', 'werkzeug', 'sqlite3', 'json', 'http'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "s.create_app(':memory:')\n"
        "assert 'flask' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
