"""The list of messages finds the texts of errors, hints, findings, printed lines and help."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import messages
from tests.support.source_tree import ROOT

SOURCE = '''
class PlanError(Exception):
    """No message."""

def open_plan(path, out, Finding):
    what = f"cannot read {path.name}"
    if path:
        raise PlanError(what, hint="check the path" if path else "give a path")
    out.result(f"{len(path)} items " + "read")
    out.emit("summary", ok=True)
    Finding("error", 3, "the item is too high", "lower it")

def convert(source: typer.Argument(help="Plan file to read.")):
    """Convert a plan."""
'''


def test_messages_of_each_kind_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    (tmp_path / "a.py").write_text(SOURCE)
    found = messages.messages_of(tmp_path / "a.py", messages.error_classes([tmp_path / "a.py"]))
    assert [(message.kind, message.text) for message in found] == [
        ("error", "cannot read {path.name}"),
        ("hint", "check the path | give a path"),
        ("print", "{len(path)} items read"),
        ("finding", "lower it"),
        ("finding", "the item is too high"),
        ("help", "Convert a plan."),
        ("help", "Plan file to read."),
    ]


def test_messages_of_the_command_line_are_found() -> None:
    found = [message.text for message in messages.messages_of(ROOT / "controller/cli/doctor.py", set())]
    assert "Landline cannot fly on this machine: fix {names} | Landline can fly on this machine" in found
    assert "Print one JSON object a line, for scripts." in found
