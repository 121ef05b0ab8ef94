"""The short way of reading a command line is held to click's reading of it."""

from __future__ import annotations

import importlib

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapi_sync.cli.console import Format
from zapi_sync.cli.short_way import FLAG, FORMATS, MANY, ONE, OPTIONS, Options, read

from .drawn import QUICK


def command_of(name: str) -> click.Command:
    command: click.Command = importlib.import_module(f"zapi_sync.cli.{name}").command
    return command


def by_click(name: str, arguments: list[str]) -> dict[str, object]:
    with command_of(name).make_context(name, list(arguments)) as context:
        return dict(context.params)


def by_the_short_way(name: str, options: Options) -> dict[str, object]:
    """What click would call the values of these options, those left out by their defaults."""
    params = by_click(name, [])
    for param in command_of(name).params:
        given = [value for option in param.opts for value in options.get(option, [])]
        if given and param.name and isinstance(param, click.Option):
            params[param.name] = True if param.is_flag else tuple(given) if param.multiple else given[-1]
    return params


@pytest.mark.parametrize("name", OPTIONS)
def test_each_option_is_one_of_clicks_and_of_the_same_kind(name: str) -> None:
    kinds = {
        option: FLAG if param.is_flag else MANY if param.multiple else ONE
        for param in command_of(name).params
        if isinstance(param, click.Option)
        for option in param.opts
        if not param.count and option not in ("-h", "--help")
    }
    assert kinds == OPTIONS[name]


@pytest.mark.parametrize("name", FORMATS)
def test_the_formats_are_those_that_click_takes(name: str) -> None:
    (choice,) = (param.type for param in command_of(name).params if param.name == "output_format")
    assert isinstance(choice, click.Choice)
    assert set(FORMATS[name]) == set(choice.choices)
    assert set(FORMATS[name]) <= {each.value for each in Format}


WORDS = st.sampled_from(
    [
        *sorted({option for options in OPTIONS.values() for option in options}),
        "-", "--", "-v", "-h", "--help", "--fil", "--file=b.yaml", "-fb.yaml", "--format=json", "--formatt",
        "a.yaml", "json", "JSON", "text", "markdown", "sarif", "", "é", "launch-*",
    ]
)  # fmt: skip


@QUICK
@given(st.sampled_from(sorted(OPTIONS)), st.lists(WORDS, max_size=7))
def test_what_is_read_is_what_click_reads(name: str, arguments: list[str]) -> None:
    options = read(name, arguments)
    if options is not None:
        assert by_the_short_way(name, options) == by_click(name, arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--file=a.yaml"],
        ["-fa.yaml"],
        ["-f"],
        ["-f", "--sandbox"],
        ["--help"],
        ["-v"],
        ["a.yaml"],
        ["--format", "sarif"],
        ["--form", "json"],
        ["--", "-f"],
    ],
)
def test_what_is_not_written_in_full_is_left_to_click(arguments: list[str]) -> None:
    assert read("plan", arguments) is None


def test_what_is_written_most_takes_the_short_way() -> None:
    assert read("plan", []) == {}
    assert read("plan", ["-f", "a.yaml", "--file", "-", "--format", "json", "--detailed-exitcode"]) == {
        "--file": ["a.yaml", "-"],
        "--format": ["json"],
        "--detailed-exitcode": [""],
    }
