"""The fly procedure on the simulated copter in virtual time, with each emulated autopilot stack."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.app.fly.events import FlyEvent, FlySummary, MissionUpdate
from controller.app.fly.options import FlyOptions
from controller.app.fly.procedure import fly
from controller.app.station import Station
from controller.link.impair import ImpairedLink
from controller.link.memory import memory_pair
from controller.link.url import Impairment
from controller.missions.files import open_plan
from controller.missions.formats import registry
from controller.missions.plan import Plan
from controller.vehicle.monitoring.events import ItemUpdate
from hil.geodesy import Home
from hil.sim.clock import VirtualClock
from hil.sim.vehicle import SimVehicle
from tests.support.dji import wpml_files as dji
from tests.support.flights import LAND, LOITER, RETURN, SPEED, SQUARE, TAKEOFF, plan_of, waypoint

FACES = ("ardupilot", "px4")


async def simulated(
    plan: Plan, face: str, options: FlyOptions | None = None, *, seed: int = 0, bad: Impairment | None = None
) -> list[FlyEvent]:
    """Fly the plan from its own home."""
    clock = VirtualClock()
    ours, theirs = memory_pair("ground", "aircraft")
    home = plan.home
    assert home is not None
    aircraft = SimVehicle(
        "quad_x",
        face,
        home=Home(home.lat_deg, home.lon_deg, home.alt_amsl_m, 0.0),
        seed=seed,
        clock=clock,
    )
    async with asyncio.TaskGroup() as group:
        living = group.create_task(aircraft.run(theirs))
        async with Station(clock=clock) as station:
            await station.add(ImpairedLink(ours, bad) if bad else ours)
            events = [event async for event in fly(plan, station, options)]
        living.cancel()
    return events


def summary_of(events: list[FlyEvent]) -> FlySummary:
    last = events[-1]
    assert isinstance(last, FlySummary)
    return last


@pytest.mark.parametrize("face", FACES)
async def test_a_square_with_a_return_is_flown(face: str) -> None:
    summary = summary_of(await simulated(SQUARE, face))
    assert (summary.outcome, summary.error) == ("completed", None)
    assert summary.items_reached == (1, 2, 3, 5, 6)
    assert summary.max_alt_m == pytest.approx(20.0, abs=12.0)  # PX4's return climbs to its own height
    assert summary.left.startswith("on the ground, disarmed")


@pytest.mark.parametrize("face", FACES)
async def test_a_landing_at_the_end_is_flown(face: str) -> None:
    summary = summary_of(await simulated(plan_of(TAKEOFF, waypoint(30), SPEED, waypoint(30, 30), LAND), face))
    assert (summary.outcome, summary.items_reached) == ("completed", (1, 2, 4, 5))


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("last", [waypoint(30, 30), LOITER], ids=["waypoint", "loiter for ever"])
async def test_a_mission_that_ends_in_the_air_leaves_the_aircraft_there(face: str, last: object) -> None:
    summary = summary_of(await simulated(plan_of(TAKEOFF, waypoint(30), last), face))  # type: ignore[arg-type]
    assert summary.outcome == "completed"
    assert summary.items_reached == (1, 2, 3)
    assert summary.left.startswith("in the air")


@pytest.mark.parametrize("face", FACES)
async def test_at_end_return_lands(face: str) -> None:
    options = FlyOptions(at_end="return")
    summary = summary_of(await simulated(plan_of(TAKEOFF, waypoint(30)), face, options))
    assert summary.outcome == "completed"
    assert summary.left.startswith("on the ground, disarmed")


@pytest.mark.parametrize("face", FACES)
async def test_a_flight_over_a_bad_radio_reaches_the_same_items(face: str) -> None:
    bad = Impairment(loss=0.15, delay_ms=120, jitter_ms=60, dup=0.03, reorder=0.03, seed=3)
    summary = summary_of(await simulated(SQUARE, face, bad=bad))
    assert (summary.outcome, summary.items_reached) == ("completed", (1, 2, 3, 5, 6))
    assert summary.frames_lost > 100


@pytest.mark.parametrize("face", FACES)
async def test_an_unsupported_item_is_refused_by_its_name(face: str) -> None:
    unknown = replace(waypoint(0), command=224, frame=2, param1=1.0, lat_deg=0.0, lon_deg=0.0, alt_m=0.0)
    summary = summary_of(await simulated(plan_of(TAKEOFF, unknown, RETURN), face))
    assert summary.outcome == "refused"
    assert summary.exit_code == 5  # by the check, before the upload
    assert "refuses DO_SET_MISSION_CURRENT in a mission: item 2" in str(summary.error)


@pytest.mark.parametrize("face", FACES)
async def test_the_sample_plan_of_qgroundcontrol_is_flown(shared_data: Path, face: str) -> None:
    plan = open_plan(shared_data / "missions" / "qgc" / "qgroundcontrol_sample.plan")
    events = await simulated(plan, face)
    assert summary_of(events).items_reached == (1, 2, 4, 5, 6)
    assert summary_of(events).outcome == "completed"
    changes = [event.change for event in events if isinstance(event, MissionUpdate)]
    reached = [change.number for change in changes if isinstance(change, ItemUpdate) and change.reached]
    assert reached == [1, 2, 4, 5, 6]


@pytest.mark.slow
@pytest.mark.parametrize("face", FACES)
async def test_a_dji_mission_is_flown_as_it_is_read(face: str) -> None:
    begin = plan_of(TAKEOFF).home
    assert begin is not None
    here = {"lat": begin.lat_deg, "lon": begin.lon_deg, "height": 25}
    down = dji.action("gimbalRotate", gimbalPitchRotateEnable=1, gimbalPitchRotateAngle=-90)
    look = dji.group(down, dji.action("takePhoto"), dji.action("hover", hoverTime=2))
    shots = dji.group(dji.action("takePhoto"), first=1, last=2, trigger="multipleDistance", every=20)
    points = (dji.waypoint(0, look, **here), dji.waypoint(1, shots, **here), dji.waypoint(2, **here))
    plan = replace(registry.read(dji.job(*points), "job.kmz"), home=begin)
    summary = summary_of(await simulated(plan, face))
    assert summary.outcome == "completed"
    flown = [number for number, item in enumerate(plan.items, 1) if item.name.startswith("NAV_")]
    assert list(summary.items_reached) == flown
    assert summary.max_alt_m == pytest.approx(25.0, abs=12.0)  # PX4's return climbs to its own height


@pytest.mark.parametrize(
    ("name", "reached", "missed"),
    [
        ("copter_mission", (1, 2, 4, 5, 6, 7, 8, 9, 11, 12), ()),
        ("copter_AVC2013_mission", (1, 2, 4, 5, 7, 8, 9), ()),
        ("copter_spline_mission", (1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13), ()),
        ("copter_nav_delay", (1, 2, 3, 4), ()),
        ("copter_loiter_to_alt", (1, 2, 4), (3,)),
    ],
)
async def test_the_sample_missions_of_ardupilot_are_flown(
    shared_data: Path, name: str, reached: tuple[int, ...], missed: tuple[int, ...]
) -> None:
    plan = open_plan(shared_data / "missions" / "ardupilot" / f"{name}.txt")
    summary = summary_of(await simulated(plan, "ardupilot"))
    assert (summary.items_reached, summary.items_missed) == (reached, missed)
    assert summary.outcome == ("aborted" if missed else "completed")
    assert all(f"item {number}:" in " ".join(summary.findings) for number in missed)
