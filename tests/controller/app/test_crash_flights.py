"""A crash of the simulated copter: the outcome, the exit code, and what the record and its report say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import landline, landline_here


@pytest.mark.parametrize(("autopilot", "dead_s"), [("ardupilot", 46), ("px4", 42)])
def test_a_dead_motor_ends_in_a_crash_everywhere(tmp_path: Path, autopilot: str, dead_s: int) -> None:
    flown = landline(
        *("fly", "examples/inspection.plan", "--sim", "quad_x", "--autopilot", autopilot, "--speed", "max"),
        *("--fault", f"motor2 dead {dead_s}", "--out", str(tmp_path / "out"), "--json"),
        home=tmp_path,
    )
    summary = flown.summary
    assert (flown.code, summary["outcome"]) == (4, "crashed")
    assert summary["crash"]["impact_m_s"] == pytest.approx(16.5, abs=1.5)
    assert abs(summary["crash"]["roll_deg"]) > 120
    assert "the aircraft crashed: impact at 1" in flown.err
    assert [line[:17] for line in summary["findings"] if line.startswith("crash")] == ["crash: impact at "]
    assert ("Crash: Disarming: AngErr=" in flown.out) == (autopilot == "ardupilot")
    assert "it looks like a crash: " in flown.out
    folder = next((tmp_path / "out").iterdir())
    reviewed = landline_here("logs", "review", folder, "--json", home=tmp_path)
    assert reviewed.summary["crashed"]
    assert reviewed.summary["crash"]["text"] == summary["crash"]["text"]
    kinds = {finding["kind"] for finding in reviewed.events if finding["event"] == "finding"}
    assert {"crash", "attitude error", "uncontrolled descent"} <= kinds
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert '<p class="outcome bad">crashed<span>' in page
    assert "crash: impact at 1" in page
    listed = landline_here("logs", "ls", "--flights", str(tmp_path / "out"), "--json", home=tmp_path)
    assert listed.events[0]["outcome"] == "crashed"
