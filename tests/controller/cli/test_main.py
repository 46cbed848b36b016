"""The command line: exit codes, one-line errors, help with examples, an instant start."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from controller.cli.conditions import AIRFRAMES
from controller.cli.main import app, main
from hil.airframes.load import bundled_airframes
from tests.support.cli import ROOT, landline, landline_here
from tests.support.logs.logged_flights import write_flight
from tests.support.plans import short_plan

COMMANDS = [
    ["fly"],
    ["gcs"],
    ["sim"],
    ["run"],
    ["doctor"],
    *(["hil", name] for name in ("px4", "ardupilot")),
    *(["box", name] for name in ("status", "config", "image", "update", "rotate", "get", "run")),
    *(["audit", name] for name in ("egress", "data", "erase")),
    *(["bundle", name] for name in ("make", "verify", "install", "sbom", "lock")),
    *(
        ["mission", name]
        for name in ("cameras", "resume", "convert", "check", "show", "upload", "download", "clear")
    ),
    *(["mission", "plan", name] for name in ("survey", "corridor", "search", "spray", "spread")),
    *(["mission", "plan", name] for name in ("structure", "facade", "orbit", "turbine", "strip", "bridge")),
    *(["params", name] for name in ("list", "get", "set", "save", "load", "diff")),
    *(
        ["logs", name]
        for name in (
            "ls",
            "sql",
            "import",
            "show",
            "decode",
            "report",
            "verify",
            "key",
            "fingerprint",
            "review",
            "export",
            "geotag",
            "coverage",
            "anonymize",
            "merge-box",
            "download",
            "encrypt",
            "decrypt",
            "erase",
        )
    ),
]
INSPECTION = ROOT / "examples" / "inspection.plan"


def names(command: object, path: tuple[str, ...] = ()) -> list[list[str]]:
    """All leaves of the command tree."""
    below = getattr(command, "commands", None)
    if not below:
        return [list(path)]
    shown = ((name, child) for name, child in below.items() if not child.hidden)
    return [leaf for name, child in shown for leaf in names(child, (*path, name))]


@pytest.mark.parametrize("group", [[], ["logs"], ["mission"], ["params"], ["box"], ["hil"]])
def test_a_group_without_a_command_prints_its_help(
    group: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(group) == 2
    out, err = capsys.readouterr()
    assert main([*group, "--help"]) == 0
    assert (out, err) == ("", capsys.readouterr().out)


def test_the_list_of_commands_is_complete() -> None:
    assert sorted(names(typer.main.get_command(app))) == sorted(COMMANDS)


@pytest.mark.parametrize(
    ("old", "new"), [("scrub", "anonymize"), ("fill", "merge-box"), ("head", "fingerprint")]
)
def test_an_old_command_name_runs_the_new_command_and_is_not_in_the_help(
    old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs: Any = typer.main.get_command(app)
    commands = logs.commands["logs"].commands
    assert commands[old].callback is not None
    assert commands[old].callback.__wrapped__ is commands[new].callback.__wrapped__
    assert main(["logs", "--help"]) == 0
    shown = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert (new in shown, old in shown) == (True, False)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"Example: landline {' '.join(command)}" in " ".join(shown.split())
    assert "--json" in shown


@pytest.mark.parametrize(
    ("arguments", "code", "parts"),
    [
        (["flie"], 2, ["flie"]),
        (["fly", str(INSPECTION)], 2, ["--link URL or --sim AIRFRAME"]),
        (["fly", str(INSPECTION), "--sim", "quad_x", "--sped", "2"], 2, ["--sped", "--speed"]),
        (["fly", str(INSPECTION), "--sim", "quad_x", "--speed", "fast"], 2, ["invalid speed 'fast'", "max"]),
        (["fly", str(INSPECTION), "--sim", "quad_x", "--seed", "-1"], 2, ["fly: invalid value for '--seed'"]),
        (["logs", "encrypt", "last"], 2, ["logs encrypt: missing option '--to'"]),
        (["fly", str(INSPECTION), "--sim", "quad_y"], 2, ["quad_y"]),
        (["fly", str(INSPECTION), "--sim", "quad_x", "--autopilot", "inav"], 2, ["inav", "px4"]),
        (["fly", str(INSPECTION), "--sim", "quad_x", "--home", "here"], 2, ["--home"]),
        (["fly", str(INSPECTION), "--sim", "quad_x", "--at-end", "dance"], 2, ["'dance'", "return"]),
        (["fly", str(INSPECTION), "--link", "updin:127.0.0.1:14550"], 2, ["updin", "udpin"]),
        (["fly", str(INSPECTION), "--link", "serial:/dev/ttyNONE:57600"], 3, ["/dev/ttyNONE"]),
        (["fly", "nothing.plan", "--sim", "quad_x"], 2, ["nothing.plan"]),
        (["mission", "check", "nothing.txt"], 2, ["nothing.txt"]),
        (["logs", "decode", "nothing.tlog"], 2, ["nothing.tlog"]),
        (["logs", "show", "nothing"], 2, ["cannot find flight 'nothing'"]),
        (
            ["logs", "show", "nothing", "--flights", "nowhere"],
            2,
            ["nowhere: cannot read flights: no such folder"],
        ),
        (["params", "diff", "a.param"], 2, ["--link"]),
        (["params", "load", "nothing.param", "--link", "udpin:127.0.0.1:0"], 2, ["nothing.param"]),
    ],
)
def test_an_error_is_one_line_with_its_exit_code(
    tmp_path: Path, arguments: list[str], code: int, parts: list[str]
) -> None:
    opens_a_link = code == 3 or "inav" in arguments
    ran = (landline if opens_a_link else landline_here)(*arguments, home=tmp_path)
    assert ran.code == code, ran.err
    line = ran.err.strip().splitlines()[-1]
    assert line.startswith("landline: ")
    assert "Traceback" not in ran.err
    for part in parts:
        assert part in line


def test_a_serial_port_that_does_not_exist_leaves_no_flight(tmp_path: Path) -> None:
    ran = landline("fly", INSPECTION, "--link", "serial:/dev/ttyNONE:57600", home=tmp_path)
    assert ran.code == 3
    assert not (tmp_path / "flights").exists()


def test_a_disk_error_is_one_line_and_no_bug_of_landline(tmp_path: Path) -> None:
    write_flight(tmp_path / "flights", "20260517T064000Z-copter-1")
    log = tmp_path / "flights" / "20260517T064000Z-copter-1"
    ran = landline_here("logs", "report", log, home=tmp_path)
    assert ran.code == 0, ran.err
    (log / "report.html").unlink()
    (log / "report.html").mkdir()
    ran = landline_here("logs", "report", log, home=tmp_path)
    assert ran.code == 2
    assert ran.err.startswith("landline: ")
    assert "report.html" in ran.err
    assert "Landline's fault" not in ran.err


def test_a_plan_of_zeros_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "zeros.plan").write_bytes(bytes(4096))
    ran = landline_here("fly", tmp_path / "zeros.plan", "--sim", "quad_x", home=tmp_path)
    assert ran.code == 2
    assert len(ran.err.strip().splitlines()) == 1
    assert "zeros.plan" in ran.err


def test_a_plan_that_goes_too_high_is_refused_by_the_safety_check(tmp_path: Path) -> None:
    ran = landline(
        "fly", INSPECTION, "--sim", "quad_x", "--max-alt", "20", "--json", "--out", tmp_path, home=tmp_path
    )
    assert ran.code == 5
    assert ran.summary["outcome"] == "refused"
    assert ran.summary["flight_time_s"] == 0


def test_help_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys; from controller.cli.main import main; main(['--help']); "
        "heavy = {'numba', 'numpy', 'pyproj', 'rich', 'serial', 'pymavlink', 'cryptography'} & set(sys.modules); "
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_bug_writes_a_report_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("one by none")

    monkeypatch.setattr("controller.missions.files.open_plan", broken)
    assert main(["fly", "x.plan", "--sim", "quad_x"]) == 1
    line = capsys.readouterr().err.strip()
    assert "ZeroDivisionError: one by none (Landline's fault)" in line
    report = Path(line.rsplit("; report: ", 1)[1])
    assert "one by none" in report.read_text(encoding="utf-8")
    report.unlink()
    with pytest.raises(ZeroDivisionError):
        main(["--debug", "fly", "x.plan", "--sim", "quad_x"])


@pytest.mark.parametrize("package", ["landline", "controller", "hil", "firmware"])
def test_a_missing_file_of_the_installation_is_not_the_users_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], package: str
) -> None:
    missing = ROOT / package / "missing.toml"
    monkeypatch.setattr("controller.missions.files.open_plan", lambda *_, **__: missing.read_text())
    assert main(["fly", "x.plan", "--sim", "quad_x"]) == 1
    line = capsys.readouterr().err.strip()
    assert str(missing) in line
    assert "(Landline's fault)" in line
    Path(line.rsplit("; report: ", 1)[1]).unlink()


def test_the_help_names_every_bundled_airframe() -> None:
    assert set(AIRFRAMES.partition(", or your own TOML")[0].split(", ")) == set(bundled_airframes())


def test_mission_check_and_convert_print_json(tmp_path: Path) -> None:
    ran = landline_here("mission", "check", INSPECTION, "--json", home=tmp_path)
    assert ran.code == 0
    assert set(ran.summary) >= {"items", "losses", "findings", "distance_m", "duration_s"}
    ran = landline_here("mission", "convert", INSPECTION, tmp_path / "x.txt", "--json", home=tmp_path)
    assert ran.code == 0
    assert (tmp_path / "x.txt").read_text().startswith("QGC WPL 110")
    assert ran.summary["items"] == 14


def test_doctor_succeeds_on_this_machine(tmp_path: Path) -> None:
    ran = landline_here("doctor", "--json", home=tmp_path)
    assert ran.code == 0, ran.out
    assert ran.summary["ok"] is True
    assert {event["what"] for event in ran.events if event["event"] == "answer"} >= {
        "Python",
        "numba",
        "disk",
        "clock",
    }


def test_logs_of_a_flight_are_listed_shown_verified_and_decoded(tmp_path: Path) -> None:
    flown = landline("fly", short_plan(tmp_path), "--sim", "quad_x", "--json", home=tmp_path).summary
    listed = landline_here("logs", "ls", "--json", home=tmp_path)
    assert [event["flight"] for event in listed.events[:-1]] == [flown["flight"]]
    assert landline_here("logs", "show", "last", "--json", home=tmp_path).summary["outcome"] == "completed"
    verified = landline_here("logs", "verify", "last", "--json", home=tmp_path).summary
    assert (verified["ok"], verified["closed"], verified["frames"]) == (True, True, flown["frames"])
    decoded = landline_here(
        "logs", "decode", Path(flown["flight"]) / "frames.tlog", "--json", home=tmp_path
    ).summary
    assert (decoded["format"], decoded["messages"], decoded["bad_bytes"]) == ("tlog", flown["frames"], 0)
    assert sum(decoded["types"].values()) == decoded["messages"]
    tlog = Path(flown["flight"]) / "frames.tlog"
    tlog.write_bytes(tlog.read_bytes()[:-1] + b"\0")
    changed = landline_here("logs", "verify", "last", "--json", home=tmp_path)
    assert changed.code == 6
    assert changed.summary["first_bad"]["why"].startswith("frames.tlog: bytes ")


def test_json_never_has_a_number_that_json_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    from controller.cli.common import Output

    Output(json=True).emit("x", a=float("nan"), b=[float("inf"), 1.5], c={"d": float("-inf")})
    assert json.loads(capsys.readouterr().out) == {
        "event": "x",
        "a": None,
        "b": [None, 1.5],
        "c": {"d": None},
    }
