"""Whole simulated flights through the command line."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pymavlink import mavutil

from controller.wire.columns import read_tlog
from tests.support.cli import COMMAND, ROOT, environment, landline, landline_here

INSPECTION = ROOT / "examples" / "inspection.plan"


def fly(tmp_path: Path, plan: Path, *more: str) -> dict[str, Any]:
    ran = landline(
        "fly", plan, "--sim", "quad_x", "--speed", "max", "--json", "--out", tmp_path, *more, home=tmp_path
    )
    assert ran.code == 0, ran.err
    assert "Traceback" not in ran.err
    return ran.summary


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One inspection flight for several tests."""
    return fly(tmp_path_factory.mktemp("flown"), INSPECTION, "--seed", "7")


def test_the_inspection_is_flown_recorded_and_reported(flown: dict[str, Any]) -> None:
    assert flown["outcome"] == "completed"
    folder = Path(flown["flight"])
    assert not folder.name.startswith("20260101T000000Z")  # named after the real time, not the simulated one
    assert {path.name for path in folder.iterdir()} >= {
        "frames.tlog",
        "events.jsonl",
        "mission.plan",
        "params.json",
        "report.html",
    }
    assert (folder / "mission.plan").read_bytes() == INSPECTION.read_bytes()
    assert flown["report"] == str(folder / "report.html")
    assert 60 < flown["flight_time_s"] < 900
    assert flown["frames_lost"] == 0


def test_the_summary_describes_the_telemetry_log(flown: dict[str, Any]) -> None:
    tlog = Path(flown["flight"]) / "frames.tlog"
    assert flown["tlog_sha256"] == hashlib.sha256(tlog.read_bytes()).hexdigest()
    assert flown["frames"] == read_tlog(tlog.read_bytes()).messages


def test_the_telemetry_log_opens_in_pymavlink_with_the_same_count(flown: dict[str, Any]) -> None:
    log: Any = mavutil.mavlink_connection(str(Path(flown["flight"]) / "frames.tlog"), dialect="ardupilotmega")
    count = 0
    while log.recv_msg() is not None:
        count += 1
    log.close()
    assert count == flown["frames"]


def test_the_report_needs_no_network(flown: dict[str, Any]) -> None:
    page = Path(flown["report"]).read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org/", "")
    assert "https://" not in page
    assert "src=" not in page.replace('src="data:', "")


def test_one_seed_repeats_the_bytes_and_another_changes_them(tmp_path: Path, flown: dict[str, Any]) -> None:
    again = fly(tmp_path / "again", INSPECTION, "--seed", "7")
    other = fly(tmp_path / "other", INSPECTION, "--seed", "8")
    assert again["tlog_sha256"] == flown["tlog_sha256"]
    assert other["tlog_sha256"] != flown["tlog_sha256"]


def test_the_inspection_flies_on_px4_too(tmp_path: Path, flown: dict[str, Any]) -> None:
    summary = fly(tmp_path, INSPECTION, "--autopilot", "px4")
    assert summary["outcome"] == "completed"
    assert summary["items_reached"] == flown["items_reached"]


@pytest.mark.slow
@pytest.mark.parametrize("autopilot", ["ardupilot", "px4"])
def test_the_sample_plan_of_qgroundcontrol_is_completed(
    shared_data: Path, tmp_path: Path, autopilot: str
) -> None:
    plan = shared_data / "missions" / "qgc" / "qgroundcontrol_sample.plan"
    summary = fly(tmp_path, plan, "--autopilot", autopilot)
    assert summary["outcome"] == "completed"
    # Items 1, 2, 4 and 5 have a position; 3 takes a picture, 6 returns home.
    assert {1, 2, 4, 5} <= set(summary["items_reached"])


@pytest.mark.slow
def test_the_copter_mission_of_ardupilot_is_completed(shared_data: Path, tmp_path: Path) -> None:
    summary = fly(tmp_path, shared_data / "missions" / "ardupilot" / "copter_mission.txt")
    assert summary["outcome"] == "completed"
    assert {1, 2, 4, 5, 6, 7, 8, 9, 11} <= set(summary["items_reached"])


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("qgroundcontrol_sample_with_survey_wrong_version.plan", "version"),
        ("qgroundcontrol_sample_wrong_mission_version.plan", "version"),
    ],
)
def test_a_broken_plan_is_refused_with_file_and_field(
    shared_data: Path, tmp_path: Path, name: str, field: str
) -> None:
    ran = landline_here("fly", shared_data / "missions" / "qgc" / name, "--sim", "quad_x", home=tmp_path)
    assert ran.code == 2
    line = ran.err.strip().splitlines()[-1]
    assert name in line
    assert field in line
    assert "Traceback" not in ran.err


def test_no_network_traffic_leaves_this_machine_during_a_flight(tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    arguments = [
        "fly",
        str(INSPECTION),
        "--sim",
        "quad_x",
        "--speed",
        "max",
        "--json",
        "--out",
        str(tmp_path),
    ]
    done = subprocess.run(
        [strace, "-f", "--seccomp-bpf", "-e", "trace=network", "-o", str(trace), *COMMAND, *arguments],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    addresses = [
        line
        for line in trace.read_text(errors="replace").splitlines()
        if "sin_addr" in line or "sin6_addr" in line
    ]
    assert [line for line in addresses if "127.0.0.1" not in line and "::1" not in line] == []
