"""`landline audit data` and `landline audit erase` as a person and as a script use them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.support.cli import CommandResult, landline_here
from tests.support.held import NAME, Machine, machine_in
from tests.support.terminal import terminal


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return machine_in(tmp_path, monkeypatch)


def audit(machine: Machine, *args: str) -> CommandResult:
    assert tempfile.gettempdir() == str(machine.temporary)
    return landline_here("audit", *args, home=machine.home)


def test_the_ledger_lists_each_kind_with_the_command_that_erases_it(machine: Machine) -> None:
    machine.flight()
    told = audit(machine, "data")
    assert told.code == 0
    assert "telemetry: 1 file" in told.out
    assert "  erase  landline audit erase --flight NAME" in told.out
    assert "browser: not counted" in told.out
    assert "nothing of: " in told.out
    found = {row["kind"]: row for row in audit(machine, "data", "--json").events if row["event"] == "data"}
    assert found["telemetry"]["files"] == 1
    assert found["signing-key"]["files"] == 0
    assert found["browser"]["in_files"] is False
    assert audit(machine, "data", "--json").summary["data_folder"] == str(machine.home)


def test_without_yes_a_script_is_refused_and_nothing_is_erased(machine: Machine) -> None:
    folder = machine.flight()
    refused = audit(machine, "erase", "--flight", NAME)
    assert refused.code == 5
    assert str(folder) in refused.out
    assert "nothing was erased (a safety check); add --yes" in refused.err
    assert folder.is_dir()


def test_an_erased_flight_is_searched_for_and_the_limits_are_said(machine: Machine) -> None:
    folder = machine.recorded()
    done = audit(machine, "erase", "--flight", folder.name, "--yes", "--json")
    assert done.code == 0, done.err
    assert not folder.exists()
    assert done.summary == {"event": "summary", "flights": 1, "files": 0, "bytes": 0, "proved": True}
    told = [event["event"] for event in done.events]
    assert told.count("not-proved") == 3
    assert [event["path"] for event in done.events if event["event"] == "trace"] == [
        str(machine.home / "keys" / "ledger.jsonl")
    ]
    assert audit(machine, "data", "--json").events[1]["files"] == 0


def test_a_copy_that_remains_ends_with_6(machine: Machine) -> None:
    folder = machine.flight()
    copy = machine.temporary / "landline-review-1" / "frames.tlog"
    copy.parent.mkdir()
    copy.write_bytes((folder / "frames.tlog").read_bytes())
    done = audit(machine, "erase", "--flight", NAME, "--yes")
    assert done.code == 6
    assert f"{copy}: the erased flights are gone, but 1 file" in done.err


def test_a_kind_is_erased_and_what_that_means_is_said(machine: Machine) -> None:
    folder = machine.flight()
    (folder / "report.html").write_text("x")
    done = audit(machine, "erase", "--kind", "reports", "--yes")
    assert done.code == 0
    assert "makes it again" in done.err
    assert (folder / "frames.tlog").is_file()
    assert not (folder / "report.html").exists()
    assert audit(machine, "erase", "--kind", "reports", "--yes").out == "nothing to erase\n"


def test_the_signing_key_goes_only_alone_and_with_a_warning(machine: Machine) -> None:
    machine.recorded()
    key = machine.home / "keys" / "record.ed25519.pem"
    together = audit(machine, "erase", "--kind", "caches", "--kind", "signing-key", "--yes")
    assert together.code == 2
    assert "erase it alone" in together.err
    assert key.is_file()
    done = audit(machine, "erase", "--kind", "signing-key", "--yes")
    assert done.code == 0
    assert "nothing can be added to them" in done.err
    assert not key.exists()
    assert (machine.home / "keys" / "record.ed25519.pub").is_file()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "nothing chosen"),
        (("--flight", "last", "--older-than", "3d"), "cannot combine"),
        (("--older-than", "soon"), "invalid age"),
        (("--kind", "telemetry"), "cannot erase the kind 'telemetry' alone"),
        (("--flight", "nobody"), "cannot find flight"),
    ],
)
def test_a_choice_that_is_none_is_refused(machine: Machine, args: tuple[str, ...], words: str) -> None:
    refused = audit(machine, "erase", *args, "--yes")
    assert refused.code == 2
    assert words in refused.err


def test_an_age_erases_the_flights_before_it(machine: Machine) -> None:
    folder = machine.flight()
    assert audit(machine, "erase", "--older-than", "5000w", "--yes").out == "nothing to erase\n"
    assert audit(machine, "erase", "--older-than", "12h", "--yes").code == 0
    assert not folder.exists()


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("y", 5), ("", 5)])
def test_on_a_terminal_only_yes_erases(machine: Machine, answer: str, code: int) -> None:
    folder = machine.flight()
    with terminal(machine.home, "audit", "erase", "--flight", NAME) as screen:
        screen.read_until("Type yes to erase:")
        screen.type(f"{answer}\n")
        screen.read_until("erased")
        assert screen.process.wait(30) == code
    assert folder.exists() == bool(code)
