"""Mission read-back: recorded read-backs of real autopilots are accepted, all other changes are differences."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.base import Autopilot
from controller.autopilots.generic import Generic
from controller.autopilots.identify import identify
from controller.autopilots.px4 import PX4
from controller.autopilots.readback import ReadbackDifference
from controller.autopilots.vehicle_class import VehicleClass
from controller.missions.plan import Home
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import item_from
from controller.wire.enums import MAV_CMD
from tests.support.reference_flights import flights, messages

COPTER = ArduPilot(VehicleClass.COPTER)
PLANE = ArduPilot(VehicleClass.PLANE)
PX4_COPTER = PX4(VehicleClass.COPTER)
TRANSFER = ("MISSION_COUNT", "MISSION_ITEM_INT")
HOME = Home(47.3977, 8.5456, 488.0)


def waypoint(**fields: Any) -> MissionItem:
    return MissionItem(
        **({"frame": 3, "command": MAV_CMD.NAV_WAYPOINT, "x": 473977000, "y": 85456000, "z": 20.0} | fields)
    )


def refused(found: tuple[ReadbackDifference, ...]) -> list[str]:
    return [difference.field for difference in found if difference.why is None]


def aboard(autopilot: Autopilot, item: MissionItem, **back: Any) -> list[str]:
    """Return the refused fields when `item` was sent and reads back with the changes `back`."""
    sent = autopilot.wire_plan([item], HOME).items
    received = [*sent[:-1], replace(sent[-1], **back)]
    return refused(autopilot.readback_differences(sent, received))


def transfers(
    shared_data: Path, stack: str, flight: str
) -> list[tuple[list[MissionItem], list[MissionItem]]]:
    found: list[tuple[dict[int, MissionItem], dict[int, MissionItem]]] = []
    for _, frame, message in messages(shared_data, stack, flight, TRANSFER):
        if message.name == "MISSION_COUNT" and frame.system == 255:
            found.append(({}, {}))
        elif message.name == "MISSION_ITEM_INT":
            found[-1][0 if frame.system == 255 else 1][message.seq] = item_from(message)
    return [
        ([sent[seq] for seq in sorted(sent)], [back[seq] for seq in sorted(back)]) for sent, back in found
    ]


def test_every_recorded_read_back_is_accepted(shared_data: Path) -> None:
    compared = 0
    for stack, flight in flights(shared_data):
        beats = (
            message
            for _, frame, message in messages(shared_data, stack, flight)
            if message.name == "HEARTBEAT"
        )
        autopilot = identify(next(beat for beat in beats if beat.type != 6))
        for sent, received in transfers(shared_data, stack, flight):
            found = autopilot.readback_differences(sent, received)
            assert refused(found) == [], (stack, flight, [str(difference) for difference in found])
            compared += 1
    assert compared == 17


def test_a_recorded_read_back_with_one_number_changed_is_refused(shared_data: Path) -> None:
    for stack, autopilot in (("arducopter", COPTER), ("px4", PX4_COPTER)):
        ((sent, received),) = transfers(shared_data, stack, "square")
        for index in range(1, len(received) - 1):
            for change in (
                {"x": received[index].x + 1},
                {"z": received[index].z + 0.5},
                {"command": 17},
                {"param1": 3.0},
            ):
                wrong = [*received[:index], replace(received[index], **change), *received[index + 1 :]]
                assert refused(autopilot.readback_differences(sent, wrong)), (stack, index, change)


@pytest.mark.parametrize("autopilot", [COPTER, PLANE, PX4_COPTER, Generic(VehicleClass.OTHER, 0)])
def test_a_missing_item_is_a_difference(autopilot: Autopilot) -> None:
    sent = autopilot.wire_plan([waypoint(), waypoint()], HOME).items
    assert refused(autopilot.readback_differences(sent, sent[:-1])) == ["items"]
    assert refused(autopilot.readback_differences(sent, ())) == ["items"]
    assert refused(autopilot.readback_differences(sent, sent)) == []


def test_ardupilot_may_replace_home_in_item_0_but_not_its_command() -> None:
    sent = COPTER.wire_plan([waypoint()], HOME).items
    moved = [replace(sent[0], x=1, y=2, z=3.0), sent[1]]
    assert refused(COPTER.readback_differences(sent, moved)) == []
    assert refused(COPTER.readback_differences(sent, [replace(sent[0], command=17), sent[1]])) == ["command"]


def test_ardupilot_stores_whole_seconds_centimetres_and_no_unused_parameter() -> None:
    delayed = waypoint(param1=5.7, param2=3.0, z=20.123)
    assert aboard(COPTER, delayed, param1=5.0, param2=0.0, z=20.12) == []
    assert aboard(COPTER, delayed, param1=6.0) == ["param1"]
    assert aboard(COPTER, delayed, z=20.1) == ["z"]
    assert aboard(COPTER, delayed, param2=2.0) == ["param2"]


def test_a_plane_stores_the_radius_and_a_copter_the_delay() -> None:
    item = waypoint(param1=5.0, param2=30.0)
    assert aboard(PLANE, item, param1=0.0, param2=30.0) == []
    assert aboard(COPTER, item, param1=0.0) == ["param1"]
    assert aboard(PLANE, item, param2=0.0) == ["param2"]


def test_ardupilot_stores_a_landings_heading_as_a_direction() -> None:
    landing = waypoint(command=MAV_CMD.NAV_LAND)
    assert aboard(COPTER, landing, param4=1.0) == []
    assert aboard(COPTER, landing, param4=-1.0) == ["param4"]


def test_ardupilot_drops_the_frame_only_without_a_position() -> None:
    speed = MissionItem(frame=3, command=MAV_CMD.DO_CHANGE_SPEED, param2=5.0)
    assert aboard(COPTER, speed, frame=0) == []
    assert aboard(COPTER, waypoint(), frame=0) == ["frame"]


def test_px4_reads_back_the_equivalent_frame() -> None:
    assert aboard(PX4_COPTER, waypoint(), frame=6) == []
    assert aboard(PX4_COPTER, waypoint(), frame=5) == ["frame"]
    assert aboard(PX4_COPTER, waypoint(frame=0), frame=5) == []


def test_px4_stores_headings_from_0_to_360() -> None:
    west = waypoint(param4=-90.0)
    assert aboard(PX4_COPTER, west, param4=270.00001) == []
    assert aboard(PX4_COPTER, west, param4=90.0) == ["param4"]
    assert aboard(PX4_COPTER, waypoint(param4=math.nan), param4=0.0) == ["param4"]


def test_px4_drops_the_pitch_of_a_takeoff() -> None:
    takeoff = waypoint(command=MAV_CMD.NAV_TAKEOFF, param1=15.0)
    assert aboard(PX4_COPTER, takeoff, param1=0.0) == []
    assert aboard(PX4_COPTER, takeoff, param1=14.0) == ["param1"]
    assert aboard(PX4_COPTER, takeoff, z=21.0) == ["z"]


@given(
    autopilot=st.sampled_from([COPTER, PLANE, PX4_COPTER]),
    x=st.integers(-900_000_000, 900_000_000),
    shift=st.integers(-1000, 1000).filter(bool),
    command=st.sampled_from([16, 17, 18, 19, 21, 22, 31]),
    field=st.sampled_from(["x", "y"]),
)
def test_no_autopilot_may_move_an_item(
    autopilot: Autopilot, x: int, shift: int, command: int, field: str
) -> None:
    item = waypoint(x=x or 1, command=command)
    assert aboard(autopilot, item, **{field: getattr(item, field) + shift}) == [field]


@given(
    autopilot=st.sampled_from([COPTER, PLANE, PX4_COPTER]),
    z=st.floats(-100, 5000, width=32),
    error=st.floats(0.02, 1000),
    command=st.sampled_from([16, 17, 18, 19, 21, 22, 31]),
)
def test_no_autopilot_may_change_an_altitude_by_over_a_centimetre(
    autopilot: Autopilot, z: float, error: float, command: int
) -> None:
    assert aboard(autopilot, waypoint(z=z, command=command), z=z + error) == ["z"]
