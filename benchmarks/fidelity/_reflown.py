"""Recorded flights of real autopilots, flown again by the emulated ones: same plan, place and parameters.

`on_landline_physics` holds flights whose airframe was Landline's; the station flies their plan. Of the `reference`
flights the ground station's own frames are sent again at their times.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import numpy as np

from benchmarks.fidelity._flown import Flown, flown
from controller.app.fly.compose import FlightSetup, flight_station, fly_recorded, in_background
from controller.app.fly.options import FlyOptions
from controller.guard.audit import AuditRecord
from controller.link import memory
from controller.logs.formats.tlog.frames import read_tlog
from controller.missions.files import open_plan
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import item_from
from controller.protocol.params.wire import REAL32
from controller.wire.frame import Frame
from hil.airframes.load import load_airframe
from hil.autopilot.services import params
from hil.geodesy import Home
from hil.sim.clock import VirtualClock, run_virtual
from hil.sim.loops.make import stack_class
from hil.sim.vehicle import SimVehicle
from tests.support.ground_station import Ground, flying

# Airframes of the reference flights: not those of their simulators, only of the same kind.
KINDS = {
    "arducopter": ("ardupilot", "quad_plus"),
    "arduplane": ("ardupilot", "plane"),
    "px4": ("px4", "quad_x"),
}
# What a ground station answers or asks by itself, and what depends on the recorded answers.
_NOT_SENT_AGAIN = frozenset((
    "HEARTBEAT", "PARAM_REQUEST_LIST", "PARAM_REQUEST_READ", "MISSION_REQUEST_LIST", "MISSION_REQUEST_INT",
    "MISSION_REQUEST", "MISSION_ACK", "MISSION_ITEM_INT", "MISSION_ITEM", "MISSION_COUNT", "TIMESYNC",
    "TERRAIN_DATA", "REQUEST_DATA_STREAM",
))  # fmt: skip
_NOT_TAKEN_OVER = frozenset(("MIS_TOTAL", "Q_MAV_TYPE"))
_OF_FLYING = (
    "AIRSPEED_", "ANGLE_MAX", "ATC_", "COM_DISARM", "CRUISE", "DISARM_DELAY", "LAND_", "MIS_", "MPC_", "NAV",
    "PSC_", "PTCH_LIM", "Q_", "ROLL_LIM", "RTL", "TECS_", "TKOFF", "TRIM_", "TURN_", "WP",
)  # fmt: skip
_SILENCE_S = 8.0  # without heartbeats before the end: the ground station fell silent on purpose
_AFTER_S, _LONGEST_S = 4.0, 500.0


def on_landline_physics(data: Path) -> list[Path]:
    """Return the folders of the flights whose airframe was Landline's."""
    return sorted((data / "real" / "on_landline_physics").glob("*/*"))


def reference(data: Path) -> list[Path]:
    """Return the logs of the flights of the autopilots' own simulators."""
    return sorted(path for kind in KINDS for path in (data / "reference" / kind).glob("*.tlog"))


def recorded(log: Path) -> Flown:
    """Return a recorded flight."""
    return flown(frame for _, frame in read_tlog(log))


def fly_plan_of(folder: Path) -> Flown:
    """Fly the plan of a flight on Landline's physics with the emulated autopilot."""
    airframe = next(
        name for name in ("quad_x", "quadplane", "plane", "rover") if folder.name.startswith(name)
    )
    stack = folder.parent.name
    with tempfile.TemporaryDirectory() as out:
        run_virtual(_fly(folder, airframe, stack, Path(out)))
        return recorded(next(Path(out).rglob("*.tlog")))


async def _fly(folder: Path, airframe: str, stack: str, out: Path) -> None:
    setup = FlightSetup(
        open_plan(folder / "mission.plan"), FlyOptions(params="none"), out, lambda _: None, seed=0
    )
    clock = VirtualClock()
    vehicle = SimVehicle(
        airframe, stack, home=_home(folder), clock=clock, params=parameters(folder, airframe, stack)
    )
    async with AsyncExitStack() as opened:
        station, recorder = await opened.enter_async_context(flight_station(setup, clock, folder.name))
        ground, air = memory.memory_pair("ground", "aircraft")
        await opened.enter_async_context(in_background(vehicle.run(air)))
        await station.add(ground)
        await fly_recorded(
            setup, station, recorder, clock, AuditRecord(), on_event=lambda _: None, on_result=lambda _: None
        )


def _home(folder: Path) -> Home:
    with (folder / "truth.csv").open(encoding="ascii") as file:
        names, first = file.readline().strip().split(","), file.readline().strip().split(",")
    row = dict(zip(names, first, strict=True))
    return Home(float(row["lat_deg"]), float(row["lon_deg"]), float(row["alt_amsl_m"]), float(row["yaw_deg"]))


def parameters(folder: Path, airframe: str, stack: str) -> dict[str, float]:
    """Return the recorded parameters of flying that differ from what the emulated autopilot has."""
    frame = load_airframe(airframe)
    kind = stack_class(stack, frame)
    known = {
        one.name: one for one in params.load(kind.parameter_table, changes=kind.defaults(frame)).values()
    }
    found: Mapping[str, object] = json.loads((folder / "params.json").read_text(encoding="utf-8"))
    taken = {}
    for name, held in found.items():
        value = held[0] if isinstance(held, list) else held
        ours = known.get(name)
        if ours is None or name in _NOT_TAKEN_OVER or not name.startswith(_OF_FLYING):
            continue
        if isinstance(value, int | float) and abs(ours.value - value) > 1e-4 * max(1.0, abs(value)):
            taken[name] = float(value) if ours.type == REAL32 else int(value)
    return taken


# --- reference flights ---


def fly_frames_of(log: Path) -> Flown:
    """Fly a reference flight again: what its ground station sent is sent to the emulated aircraft at its time."""
    stack, airframe = KINDS[log.parent.name]
    home = json.loads((log.parent / "events.json").read_text(encoding="utf-8"))[log.stem]["home"]
    where = Home(*map(float, home))
    changes = parameters(log.parent, airframe, stack)
    frames = [(at_us / 1e6, frame) for at_us, frame in read_tlog(log)]
    return run_virtual(_send_again(frames, stack, airframe=airframe, home=where, params=changes))


async def _send_again(frames: list[tuple[float, Frame]], stack: str, **vehicle_options: object) -> Flown:
    sent, beats_end_s, end_s = _sent(frames)
    async with _in_step(stack, sent[0][0], **vehicle_options) as (vehicle, ground, until):
        loop = asyncio.get_running_loop()

        async def fall_silent() -> None:
            await until(beats_end_s)
            ground.beats = False

        silent = asyncio.ensure_future(fall_silent()) if beats_end_s < end_s - _SILENCE_S else None
        for at_s, what in sent:
            await until(at_s)
            if isinstance(what, Frame):
                await ground.send(what.message())
            elif what:
                await ground.upload(what)
        await asyncio.sleep(_AFTER_S)
        limit_s = loop.time() + _LONGEST_S
        while vehicle.autopilot.vehicle.armed and loop.time() < limit_s:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        await asyncio.sleep(3.0)
        if silent is not None:
            silent.cancel()
        return flown(frame for _, frame in ground.heard)


@asynccontextmanager
async def _in_step(
    stack: str, first_s: float, **options: object
) -> AsyncIterator[tuple[SimVehicle, Ground, object]]:
    """An aircraft whose clock runs with the recorded one from the first sent frame on."""
    async with flying(stack, **options) as (vehicle, ground):
        loop = asyncio.get_running_loop()
        start_s = loop.time() + 1.0 - first_s

        async def until(at_s: float) -> None:
            await asyncio.sleep(max(0.0, start_s + at_s - loop.time()))

        yield vehicle, ground, until


def _sent(
    frames: list[tuple[float, Frame]],
) -> tuple[list[tuple[float, Frame | list[MissionItem]]], float, float]:
    """Return what the ground station sent by the aircraft's clock, its last heartbeat, and the end."""
    ticks = [
        (at, frame.message().time_boot_ms / 1e3)
        for at, frame in frames
        if frame.system == 1 and frame.name == "ATTITUDE"
    ]
    wall, boot = np.array(ticks).T
    sent: list[tuple[float, Frame | list[MissionItem]]] = []
    lists: list[tuple[float, dict[int, MissionItem]]] = []
    beats_end_s = 0.0
    for at, frame in frames:
        if frame.system != 255 or not frame.known:
            continue
        at_s = float(np.interp(at, wall, boot)) if at >= wall[0] else float(boot[0] - (wall[0] - at))
        if frame.name == "MISSION_COUNT":
            lists.append((at_s, {}))
        elif frame.name in ("MISSION_ITEM_INT", "MISSION_ITEM") and lists:
            lists[-1][1][frame.message().seq] = item_from(frame.message())
        elif frame.name == "HEARTBEAT":
            beats_end_s = at_s
        elif frame.name not in _NOT_SENT_AGAIN:
            sent.append((at_s, frame))
    sent += [(at_s, [items[seq] for seq in sorted(items)]) for at_s, items in lists]
    return sorted(sent, key=lambda one: one[0]), beats_end_s, float(boot[-1])
