"""Wind of WIND, WIND_COV and HIGH_LATENCY2, always as the direction from which it blows."""

from __future__ import annotations

import pytest

from controller.vehicle.state import VehicleState
from controller.vehicle.telemetry import state_after
from controller.wire import messages as m
from controller.wire.message import Message

ARDUPILOT, PX4 = 3, 12


def wind_of(message: Message) -> tuple[float, float] | None:
    state = state_after(VehicleState(), message, 1.0, lambda *_: "")
    return None if state.wind is None else (round(state.wind.speed_m_s, 2), round(state.wind.from_deg, 1))


@pytest.mark.parametrize(
    ("message", "wind"),
    [
        (m.WIND(direction=-90.0, speed=6.5), (6.5, 270.0)),
        (m.WIND(direction=10.0, speed=0.0), (0.0, 10.0)),
        (m.WIND_COV(wind_x=-3.0, wind_y=0.0), (3.0, 0.0)),  # it blows to the south
        (m.WIND_COV(wind_x=0.0, wind_y=4.0), (4.0, 270.0)),
        (m.WIND_COV(wind_x=float("nan"), wind_y=4.0), None),
        (m.HIGH_LATENCY2(autopilot=ARDUPILOT, windspeed=25, wind_heading=135), (5.0, 270.0)),
        (m.HIGH_LATENCY2(autopilot=PX4, windspeed=25, wind_heading=45), (5.0, 270.0)),
        (m.HIGH_LATENCY2(autopilot=PX4), None),
    ],
    ids=lambda value: value.name if isinstance(value, Message) else "",
)
def test_the_wind_is_where_it_blows_from(message: Message, wind: tuple[float, float] | None) -> None:
    assert wind_of(message) == wind
