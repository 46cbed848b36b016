"""Which part of a log counts as flown."""

from __future__ import annotations

import numpy as np
import pytest

from controller.logs.formats.read import open_log
from controller.logs.series.track import flown_track
from controller.logs.series.view import Channel, SeriesView
from tests.support.data_folders import CASES


@pytest.mark.parametrize("name", ["control_nostep", "back10s", "from1970"])
def test_an_aircraft_that_moves_when_it_is_armed_was_flying_before(name: str) -> None:
    track = flown_track(open_log(CASES / f"{name}.tlog").series())
    assert track is not None
    assert track.length_m == pytest.approx(88, abs=1)


def test_an_aircraft_that_is_carried_and_put_down_was_not_flying() -> None:
    """Forty seconds on the way at 5 m/s, ten at rest, forty flown, ten at rest, forty back."""
    times_us = np.arange(0, 140_000_000, 250_000)
    speed = np.where((times_us // 1_000_000 + 10) % 50 >= 10, 5.0, 0.0)
    north_m = np.cumsum(speed * 0.25)
    nothing = np.zeros(len(times_us))
    armed = np.array([False, True, False])
    view = SeriesView(
        "boot",
        {
            "position": Channel(
                "position",
                "POS",
                times_us,
                {
                    "lat_deg": 47 + north_m / 111_177,
                    "lon_deg": nothing + 8,
                    "msl_m": nothing,
                    "home_m": nothing,
                },
            ),
            "speed": Channel("speed", "POS", times_us, {"ground_m_s": speed, "climb_m_s": nothing}),
            "mode": Channel(
                "mode",
                "MODE",
                np.array([0, 45_000_000, 95_000_000]),
                {"mode": np.array(["AUTO"] * 3, dtype=object), "armed": armed},
            ),
        },
    )
    track = flown_track(view)
    assert track is not None
    assert track.length_m == pytest.approx(200, abs=4)
