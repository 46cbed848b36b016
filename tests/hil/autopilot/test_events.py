"""Events of the emulated PX4, received as a ground station receives them."""

from __future__ import annotations

import asyncio

import pytest

from controller.errors import AircraftRefused
from controller.missions.plan import Plan, PlanItem
from controller.vehicle.mission_verdict import MissionRejected
from controller.vehicle.procedure_runner import ArmRefused
from tests.support.flights import LAND, TAKEOFF, plan_of, waypoint
from tests.support.sim_station import sim_station

WARNING = 4
VTOL_TAKEOFF = PlanItem(command=84, alt_m=20.0)


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (plan_of(LAND, waypoint(50)), "Mission rejected: starts with landing"),
        (plan_of(waypoint(50), TAKEOFF), "Mission rejected: takeoff is not the first waypoint item"),
        (
            plan_of(VTOL_TAKEOFF, waypoint(50)),
            "Mission rejected: Mission contains VTOL items but vehicle is not a VTOL",
        ),
    ],
)
async def test_an_infeasible_mission_is_acknowledged_and_rejected_by_an_event(
    plan: Plan, reason: str
) -> None:
    async with sim_station("px4") as vehicle:
        with pytest.raises(MissionRejected) as failed:
            await vehicle.mission.upload(plan)
        assert reason in failed.value.what
        assert vehicle.state.mission is not None
        assert vehicle.state.mission.state == 1


async def test_arming_is_denied_with_the_general_text_and_the_report_has_the_reason() -> None:
    async with sim_station("px4", ready=False) as vehicle:
        await vehicle.request_prearm_checks()
        with pytest.raises(AircraftRefused):
            await vehicle.arm()
        texts = [text.text for text in vehicle.state.texts if text.severity <= WARNING]
        assert "Arming denied: Resolve system health failures first" in texts
        assert "Navigation error: No valid global position estimate" in texts
        checks = [check.text for check in vehicle.announcements.failing_checks()]
        assert "Navigation error: No valid global position estimate" in checks


async def test_each_word_of_a_flight_is_said_once() -> None:
    async with sim_station("px4") as vehicle:
        uploaded = await vehicle.mission.upload(plan_of(TAKEOFF, waypoint(30), LAND))
        await vehicle.mission.start(uploaded.mission)
        assert await vehicle.wait(lambda state: state.armed, 10.0)
        assert await vehicle.wait(lambda state: not state.armed, 200.0)
        said = [text.text for text in vehicle.state.texts]
        assert len(said) == len(set(said))
        assert {"Armed by external command", "Takeoff detected", "Landing detected"} <= set(said)
        assert all(text.event for text in vehicle.state.texts if text.text == "Takeoff detected")


async def test_a_refusal_to_arm_names_the_failing_checks_though_their_report_came_before() -> None:
    async with sim_station("px4", ready=False) as vehicle:
        await vehicle.request_prearm_checks()
        await asyncio.sleep(0.5)
        with pytest.raises(ArmRefused) as refused:
            await vehicle.arm()
        assert refused.value.reasons[0] == "Arming denied: Resolve system health failures first"
        assert "Navigation error: No valid global position estimate" in refused.value.reasons
