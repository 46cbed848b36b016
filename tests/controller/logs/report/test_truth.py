"""The report shows ground truth of a simulated flight against the autopilot's estimate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from controller.logs.flights import store
from controller.logs.report.data import read_flight
from controller.logs.report.truth import COLUMNS
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from controller.wire.tlog import entries

OFF = "Position error of the estimate"
START_US = 1_700_000_000_000_000


def flight(folder: Path, truth: list[str]) -> Path:
    """A second of telemetry: estimate at 47 N 8 E, 500 m, heading -179 degrees."""
    encoder, framer = Encoder(address(1, 1)), Framer()
    for i in range(11):
        said = [
            m.HEARTBEAT(type=2, autopilot=3),
            m.GLOBAL_POSITION_INT(lat=470_000_000, lon=80_000_000, alt=500_000),
            m.ATTITUDE(yaw=np.radians(-179.0)),
        ]
        frames = [frame for message in said for frame in framer.feed(encoder.pack(message))]
        with (folder / store.FRAMES).open("ab") as file:
            file.write(entries(START_US + i * 100_000, frames))
    (folder / store.TRUTH).write_text("\n".join([",".join(COLUMNS), *truth]), encoding="ascii")
    return folder


def row(at_s: float, lat_deg: float = 47.0, alt_m: float = 500.0, yaw_deg: float = -179.0) -> str:
    return f"{START_US + round(at_s * 1e6)},{lat_deg},8.0,{alt_m},0,0,0,0,0,{yaw_deg}"


def test_the_difference_is_that_to_the_truth_of_the_same_moment(tmp_path: Path) -> None:
    # Ground truth moves north by 1e-5 degrees and up by 2 m in the second.
    data = read_flight(flight(tmp_path, [row(0.0), row(1.0, 47.00001, 502.0), ""]))
    across, height = data.series[OFF]
    assert across.values[[0, 5, 10]] == pytest.approx([0.0, 0.556, 1.112], abs=1e-3)
    assert height.values[[0, 5, 10]] == pytest.approx([0.0, -1.0, -2.0])


def test_a_nose_that_turns_past_south_is_not_a_turn_off(tmp_path: Path) -> None:
    data = read_flight(flight(tmp_path, [row(0.0, yaw_deg=179.0), row(1.0, yaw_deg=-177.0), ""]))
    _, _, yaw = data.series["Attitude error of the estimate"]
    assert yaw.values[[0, 5, 10]] == pytest.approx([2.0, 0.0, -2.0], abs=1e-4)


@pytest.mark.parametrize("end", ["170000", "1700000000500000,47.0,8.0", "a,b", row(0.6)])
def test_a_row_cut_off_by_the_end_of_the_power_is_left_out(tmp_path: Path, end: str) -> None:
    data = read_flight(flight(tmp_path, [row(0.0), row(0.5), end]))
    across, _ = data.series[OFF]
    assert np.isfinite(across.values).tolist() == [True] * 6 + [False] * 5


def test_a_flight_without_truth_has_no_such_plots(tmp_path: Path) -> None:
    flight(tmp_path, [])
    assert OFF not in read_flight(tmp_path).series
    (tmp_path / store.TRUTH).unlink()
    assert OFF not in read_flight(tmp_path).series
