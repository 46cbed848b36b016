"""Help of all commands: whole summaries, values named by their own words, and the word that was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from controller.cli.main import app, main


def _paths(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from _paths(child, (*path, name))


@pytest.mark.parametrize("path", sorted(_paths(typer.main.get_command(app))), ids=" ".join)
def test_no_help_is_cut_or_names_a_python_type(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*path, "--help"]) == 0
    shown = capsys.readouterr().out
    # An example may end a list of its own with dots; a summary that was cut ends with them.
    commands = shown.partition("Commands:")[2]
    assert "..." not in commands
    assert re.findall(r"<(str|int|float|path|file|bool|\w+ range)>|\bINTEGER\b|\{\w+\}", shown) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["flyy"], "fly"),
        (["logs", "shwo"], "show"),
        (["mission", "chek"], "check"),
        (["fly", "a.plan", "--lnik", "x"], "--link"),
    ],
)
def test_a_mistyped_word_is_answered_with_the_one_meant(
    typed: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(typed) == 2
    line = capsys.readouterr().err.strip()
    assert meant in line
    assert re.search(r"did you mean|possible:", line)
