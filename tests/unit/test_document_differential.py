"""Ours beside PyYAML's composer: one verdict on what is YAML, and the same data, but where we mean otherwise.

Meant: an anchor may be written again (YAML 1.1, 3.2.2.2: the last one before an alias counts), which PyYAML
refuses; what a groups file cannot be (recursion, a collection as a key, a tag, a second document) is refused
by us alone.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from zapi_sync.core import parsers
from zapi_sync.core.document import Document, Value, parse
from zapi_sync.core.source import Source
from zapi_sync.errors import Code

from .drawn import QUICK

CORPUS = Path(__file__).parents[1] / "corpus"
NOT_YAML = ("this is not YAML", "nothing above carries the anchor")
PARSERS = ["CSafeLoader", "SafeLoader"]
PIECES = [
    *"ab",
    ": ",
    "- ",
    "\n",
    "\n  ",
    "&x ",
    "*x",
    "&y ",
    "*y",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "'",
    '"',
    "# c",
]
PIECES += [
    "? ",
    "|\n",
    ">-\n",
    "!t ",
    "---\n",
    "...\n",
    "\t",
    "\r\n",
    "\r",
    "\x85",
    "\u2028",
    "\ufeff",
    "é",
    "😀",
]


class _GaveUpError(Exception):
    """PyYAML read no further for a reason that is not ours."""


def composed(text: str, loader: type) -> list[Node] | None:
    """The documents of a text by PyYAML; None where it is not YAML to it."""
    try:
        return [node for node in yaml.compose_all(text, Loader=loader) if node is not None]
    except yaml.composer.ComposerError as error:
        if "duplicate anchor" in str(error):
            raise _GaveUpError from None
        return None
    except yaml.YAMLError:
        return None


def read(text: str) -> Document | list[str]:
    """The same by us: the data, or what is said against it."""
    document = parse(Source("f", text), typed_keys=frozenset())
    return [each.message for each in document.problems] if document.data is None else document


def plain(node: Node) -> Value:
    if isinstance(node, MappingNode):
        return {str(plain(key)): plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [plain(each) for each in node.value]
    assert isinstance(node, ScalarNode)
    return str(node.value)


def compare(text: str, loader: type) -> None:
    found = read(text)
    try:
        nodes = composed(text, loader)
    except _GaveUpError:
        return
    if isinstance(found, Document):
        if Code.SEVERAL_DOCUMENTS in [each.code for each in found.problems]:
            return  # we read no further
        assert nodes is not None
        if nodes and not found.problems and "<<" not in text:
            assert plain(nodes[0]) == found.data
    elif any(message.startswith(NOT_YAML) for message in found):
        assert nodes is None, found
    # all else is a refusal of ours, after which we read no further


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("case", sorted(CORPUS.glob("*/*.yaml")), ids=lambda case: case.stem)
def test_a_case_of_the_corpus(case: Path, parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        text = case.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        pytest.skip("no text")
    if parser == "SafeLoader" and case.stem in {"escape-half-character", "escape-lone-low-half"}:
        pytest.skip("PyYAML's own parser takes half characters, and libyaml and we do not")
    if parser == "SafeLoader" and case.stem in {"escape-beyond-unicode", "escape-far-beyond"}:
        pytest.skip("PyYAML's own parser falls over characters that are none")
    monkeypatch.setattr(parsers, "_LOADER", getattr(yaml, parser))
    compare(text, getattr(yaml, parser))


@pytest.mark.parametrize("parser", PARSERS)
@QUICK
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_pieces(parser: str, text: str) -> None:
    usual = parsers._LOADER
    parsers._LOADER = getattr(yaml, parser)
    try:
        compare(text, parsers._LOADER)
    finally:
        parsers._LOADER = usual
