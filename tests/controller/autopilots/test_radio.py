"""Positions of the mode switch, and the sticks of MANUAL_CONTROL, for each autopilot."""

from __future__ import annotations

import pytest

from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.base import Autopilot
from controller.autopilots.manual_control import manual_axes, requirements
from controller.autopilots.px4 import PX4
from controller.autopilots.radio import Channel, mode_position, mode_switch
from controller.autopilots.vehicle_class import VehicleClass

COPTER, ROVER, OTHER = ArduPilot(VehicleClass.COPTER), ArduPilot(VehicleClass.ROVER), PX4(VehicleClass.COPTER)
SWITCH = Channel(5, "modes", 1000, 1500, 2000, False)


@pytest.mark.parametrize(
    ("autopilot", "pulse_us", "position"),
    [
        (COPTER, 1000, 0),
        (COPTER, 1230, 0),
        (COPTER, 1231, 1),
        (COPTER, 1490, 2),
        (COPTER, 1750, 5),
        (OTHER, 1000, 0),
        (OTHER, 1500, 3),
        (OTHER, 2000, 5),
    ],
)
def test_the_position_of_the_switch_is_that_of_the_autopilot(
    autopilot: Autopilot, pulse_us: int, position: int
) -> None:
    assert mode_position(autopilot, SWITCH, pulse_us) == position


def test_modes_of_the_switch_have_names() -> None:
    assert mode_switch(COPTER, {"FLTMODE_CH": 5, "FLTMODE1": 5}).modes[0] == "LOITER"
    assert mode_switch(ROVER, {"MODE_CH": 8, "MODE1": 0}).channel == 8
    other = mode_switch(OTHER, {"RC_MAP_FLTMODE": 0, "COM_FLTMODE1": -1, "COM_FLTMODE2": 2})
    assert (other.channel, other.modes[:2]) == (None, ("Unassigned", "Position"))


def test_thrust_is_never_negative_but_for_a_rover_that_can_reverse() -> None:
    assert manual_axes(COPTER, 1, 2, -1000, 4) == (1, 2, 0, 4)
    assert manual_axes(COPTER, 0, 0, 1000, 0)[2] == 1000
    assert manual_axes(OTHER, 0, 0, 0, 0)[2] == 500
    assert manual_axes(ROVER, 0, 0, -1000, 0)[2] == -1000


def test_the_station_must_be_the_one_that_the_aircraft_obeys() -> None:
    def ok(autopilot: Autopilot, values: dict[str, float]) -> bool | None:
        return requirements(autopilot, values, 255)[0].ok

    assert ok(COPTER, {"SYSID_MYGCS": 255}) is True
    assert ok(COPTER, {"SYSID_MYGCS": 250}) is False
    assert ok(COPTER, {"MAV_GCS_SYSID": 250, "MAV_GCS_SYSID_HI": 255}) is True
    assert ok(COPTER, {}) is None
    assert ok(OTHER, {"COM_RC_IN_MODE": 0}) is False
