"""A planned spraying in flight: where the pump changes, and how fast the aircraft is there."""

from __future__ import annotations

import math

import pytest

from controller.app.planning.job import JobSettings, plan_job
from controller.missions.commands import CMD
from controller.missions.patterns.dose import dose_of
from controller.missions.patterns.spray import spray
from controller.missions.patterns.spray_options import SprayOptions
from controller.missions.plan import Home, Plan
from controller.missions.route.items import ItemStyle, Pump
from controller.protocol.mission.items import MissionItem
from hil.autopilot.services.payload import Payload
from hil.autopilot.vehicle_context import VehicleContext
from hil.sim.vehicle import SimVehicle
from tests.support.ground_station import flying, until

LAT, LON = 47.3977419, 8.5455938
SIDE_M = 60.0
SWITCHES = (CMD.DO_SPRAYER, CMD.DO_SET_RELAY, CMD.DO_SET_SERVO)


def at(north_m: float, east_m: float) -> tuple[float, float]:
    return LAT + north_m / 111_190.0, LON + east_m / 75_320.0


def planned(pump: Pump, speed_m_s: float) -> Plan:
    field = (at(10, 0), at(10 + SIDE_M, 0), at(10 + SIDE_M, 11.9), at(10, 11.9))
    dose = dose_of(swath_m=6.0, speed_m_s=speed_m_s, a_hectare=10.0, flow_a_minute=None)
    options = SprayOptions(
        dose=dose, height_m=8.0, headland_laps=0, angle_deg=0.0, follows_speed=pump.by == "sprayer"
    )
    settings = JobSettings(home=Home(LAT, LON, 488.0), style=ItemStyle(pump=pump))
    return plan_job(spray("spray", field, options), settings).plans[0]


class Record:
    """Where the aircraft truly was at each order to the pump: m from the edge, and its speed over ground, m/s."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[tuple[float, float]] = []
        self.vehicle: SimVehicle | None = None
        perform = Payload.perform

        def recorded(
            payload: Payload, context: VehicleContext, command: int, params: tuple[float, ...]
        ) -> int | None:
            if command in SWITCHES and self.vehicle is not None:
                truth = self.vehicle.loop.truth
                north_m = truth.pos_ned[0]
                edge_m = min(abs(north_m - 10.0), abs(north_m - 10.0 - SIDE_M))
                self.seen.append((edge_m, math.hypot(truth.vel_ned[0], truth.vel_ned[1])))
            return perform(payload, context, command, params)

        monkeypatch.setattr(Payload, "perform", recorded)


@pytest.mark.parametrize(
    ("pump", "speed_m_s", "least_m_s"),
    [
        (Pump("sprayer"), 3.0, 1.2),
        pytest.param(Pump("relay", 0), 3.0, 2.75, marks=pytest.mark.slow),
        pytest.param(Pump("servo", 9), 5.0, 4.75, marks=pytest.mark.slow),
        pytest.param(Pump("relay", 0), 8.0, 7.6, marks=pytest.mark.slow),
    ],
    ids=["sprayer", "relay", "servo", "fast relay"],
)
async def test_the_pump_changes_at_the_edge_and_at_the_speed_that_its_dose_needs(
    pump: Pump, speed_m_s: float, least_m_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(pump, speed_m_s)
    switches = [item for item in plan.items if item.command in SWITCHES]
    assert len(switches) == 4
    record = Record(monkeypatch)
    async with flying() as (vehicle, ground):
        record.vehicle = vehicle
        items = [MissionItem(frame=0, command=16), *plan.wire_items(first_seq=1)]
        assert await ground.upload(items) == 0
        for command in ((176, 1, 4), (400, 1), (176, 1, 3), (300,)):
            assert await ground.command(*command) == 0
        await until(lambda: len(record.seen) == 4, within_s=300.0)
    # Of this the GPS is 0.6 m.
    assert max(edge_m for edge_m, _ in record.seen) < 1.0
    assert min(speed for _, speed in record.seen) > least_m_s
