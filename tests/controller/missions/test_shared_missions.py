"""Real mission files of QGroundControl and of ArduPilot's test suite, compared with flights of real autopilots."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from controller.missions.checks.check import Severity, check
from controller.missions.errors import PlanError
from controller.missions.estimate import estimate
from controller.missions.files import open_plan
from controller.missions.formats import qgc_plan, waypoints_txt

GOOD = {
    "ardupilot/Kingaroy-vlarge.txt": 528,
    "ardupilot/ap1.txt": 7,
    "ardupilot/copter_AVC2013_mission.txt": 9,
    "ardupilot/copter_loiter_to_alt.txt": 4,
    "ardupilot/copter_mission.txt": 12,
    "ardupilot/copter_nav_delay.txt": 4,
    "ardupilot/copter_spline_mission.txt": 13,
    "qgc/qgroundcontrol_sample.plan": 6,
    "qgc/qgroundcontrol_sample_with_survey.plan": 13,
    "qgc/qgroundcontrol_sample_with_structured_scan.plan": 1,
}


@pytest.mark.parametrize(("name", "count"), GOOD.items())
def test_a_real_file_is_read_and_written_back_unchanged(shared_data: Path, name: str, count: int) -> None:
    path = shared_data / "missions" / name
    text = path.read_bytes().decode()
    plan = open_plan(path)
    module = qgc_plan if name.endswith(".plan") else waypoints_txt
    assert len(plan.items) == count
    assert module.write(plan) == text
    anew = module.write(replace(plan, source=None))
    if module is qgc_plan:
        assert json.loads(anew) == json.loads(text)
    else:
        assert module.read(anew, "a.txt") == plan


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("survey_wrong_version", "mission.items[1].version"),
    ],
)
def test_an_invalid_survey_is_refused_with_file_and_field(shared_data: Path, name: str, field: str) -> None:
    path = shared_data / "missions" / "qgc" / f"qgroundcontrol_sample_with_{name}.plan"
    with pytest.raises(PlanError) as caught:
        open_plan(path)
    assert re.fullmatch(rf"{re.escape(str(path))}:\d+: {re.escape(field)}", str(caught.value.where))
    assert caught.value.exit_code == 2


def test_a_wrong_mission_version_is_refused_with_file_and_field(shared_data: Path) -> None:
    path = shared_data / "missions" / "qgc" / "qgroundcontrol_sample_wrong_mission_version.plan"
    with pytest.raises(PlanError, match="version 7") as caught:
        open_plan(path)
    assert re.fullmatch(rf"{re.escape(str(path))}:\d+: mission\.version", str(caught.value.where))


@pytest.mark.parametrize("name", [name for name in GOOD if "structured" not in name])
def test_a_real_mission_passes_the_checks_at_its_site(shared_data: Path, name: str) -> None:
    findings = check(open_plan(shared_data / "missions" / name))
    assert [finding for finding in findings if finding.severity is Severity.ERROR] == []


# Track and time armed of the reference flights, from their README; a fifth less or more is what the estimate promises.
@pytest.mark.parametrize(
    ("name", "track_m", "armed_s"),
    [
        ("copter_mission", 870, 200),
        ("copter_AVC2013_mission", 799, 157),
        ("copter_spline_mission", 1420, 389),
    ],
)
def test_the_estimate_is_near_what_a_real_autopilot_flew(
    shared_data: Path, name: str, track_m: float, armed_s: float
) -> None:
    flown = estimate(open_plan(shared_data / "missions" / "ardupilot" / f"{name}.txt"))
    assert flown.distance_m == pytest.approx(track_m, rel=0.12)
    assert flown.duration_s == pytest.approx(armed_s, rel=0.2)
