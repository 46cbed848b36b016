"""The emulated autopilots fly as the recorded real ones, on the same airframe: within the bars of the benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fidelity._flown import apart
from benchmarks.fidelity._reflown import fly_plan_of, recorded
from benchmarks.fidelity.table import bars_of

pytestmark = [pytest.mark.slow, pytest.mark.recorded]

WHOLE_HZ = 3.0  # of the attitude in a whole recording
FLIGHTS = ("ardupilot/quad_x_qgc_sample", "ardupilot/quad_x_spline", "px4/quad_x_square")


@pytest.mark.parametrize("name", FLIGHTS)
def test_a_multirotor_flies_its_plan_as_the_real_autopilot_does(name: str, shared_data: Path) -> None:
    folder = shared_data / "real" / "on_landline_physics" / name
    real, ours, bars = recorded(folder / "frames.tlog"), fly_plan_of(folder), bars_of(name)
    found = apart(real, ours)
    assert found.same_items
    assert found.same_modes
    assert found.cross_m <= bars.cross_m
    assert found.along_m <= bars.along_m
    assert ours.length_s == pytest.approx(real.length_s, rel=bars.whole)
    for leg, theirs_s, ours_s in found.legs:
        assert ours_s == pytest.approx(theirs_s, rel=bars.leg, abs=bars.leg_s), leg
    for what in ("speed", "climb", "sink"):
        assert ours.peak(what) == pytest.approx(real.peak(what), rel=bars.speed, abs=0.2), what
    if (
        len(real.tilt) > WHOLE_HZ * real.length_s
    ):  # the stand-ins are thinned: their peaks are not the true ones
        assert ours.peak("tilt") == pytest.approx(real.peak("tilt"), abs=bars.tilt_deg)


def test_a_rover_drives_its_track_and_returns_at_its_own_speed(shared_data: Path) -> None:
    folder = shared_data / "real" / "on_landline_physics" / "ardupilot" / "rover"
    real, ours = recorded(folder / "frames.tlog"), fly_plan_of(folder)
    found = apart(real, ours)
    assert found.same_items
    assert found.cross_m <= 1.0
    assert found.along_m <= 3.0
    back = {leg: (theirs_s, ours_s) for leg, theirs_s, ours_s in found.legs}["5"]
    assert back[1] == pytest.approx(back[0], rel=0.06)
