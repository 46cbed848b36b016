"""Command `sim`: simulated aircraft, served on links for any ground station."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from controller.clock import SystemClock
from controller.link.base import Link
from controller.link.open import open_link, policy_for
from controller.terrain.raster import Raster
from hil.errors import ScenarioError
from hil.faults.schedule import Fault
from hil.geodesy import Home, ned_to_lla
from hil.sim.link_splitter import LinkSplitter
from hil.sim.vehicle import DEFAULT_HOME, SimVehicle

DEFAULT_LINKS = ("udpout:127.0.0.1:14550", "tcpin:127.0.0.1:5760")
APART_M = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SimOptions:
    """Options of the command. Aircraft stand 5 m apart, east of `home`, with system ids from `system_id` on.

    `speed` is a multiple of real time, infinite for no limit.
    """

    airframe: str = "quad_x"
    autopilot: str = "ardupilot"
    links: tuple[str, ...] = DEFAULT_LINKS
    count: int = 1
    system_id: int = 1
    home: Home = DEFAULT_HOME
    seed: int = 0
    speed: float = 1.0
    wind_ned: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gust_m_s: float = 0.0
    turbulence_m_s: float = 0.0
    warmer_k: float = 0.0
    roughness_m: float | None = None
    terrain: Raster | None = None
    faults: tuple[Fault, ...] = ()
    settle_s: float = 0.0
    params: dict[str, float] = field(default_factory=dict)


def parse_home(text: str) -> Home:
    """Parse `LAT,LON,ALT,HEADING`: degrees, degrees, m AMSL, degrees; altitude and heading are optional.

    Raises ScenarioError.
    """
    parts = text.split(",")
    try:
        values = [float(part) for part in parts]
    except ValueError:
        values = []
    if not 2 <= len(values) <= 4 or not all(math.isfinite(value) for value in values):
        raise ScenarioError(
            f"invalid home '{text}'",
            where="--home",
            hint="write LAT,LON,ALT,HEADING, such as 47.3977,8.5456,488,0; altitude and heading may be left out",
        )
    lat, lon, alt, heading = (*values, *(DEFAULT_HOME.alt_amsl_m, 0.0)[len(values) - 2 :])
    return Home(lat, lon, alt, heading)


async def serve(options: SimOptions, on_ready: Callable[[list[str]], None]) -> None:
    """Simulate until cancelled; calls `on_ready` with the links' URLs as soon as clients may connect.

    Raises UserError for a bad option, EndpointRefused or LinkError for a link that cannot be opened.
    """
    fleet = make_fleet(options)
    policy = policy_for(options.links)
    async with AsyncExitStack() as stack:
        links = [
            await stack.enter_async_context(open_link(url, policy=policy, clock=SystemClock()))
            for url in options.links
        ]
        async with asyncio.TaskGroup() as group:
            links_of: list[list[Link]] = [[] for _ in fleet]
            for link in links:
                for own, member in zip(links_of, _members(link, len(fleet), group), strict=True):
                    own.append(member)
            on_ready([link.info.ready_url for link in links])
            for vehicle, own in zip(fleet, links_of, strict=True):
                group.create_task(vehicle.run(*own))


def make_fleet(options: SimOptions) -> list[SimVehicle]:
    """Return the aircraft of these options, switched off. Raises UserError."""
    if not 1 <= options.count <= 250 or options.system_id + options.count > 256:
        raise ScenarioError("invalid count: system ids must be 1 to 255", where=f"--count {options.count}")
    if not options.links:
        raise ScenarioError("cannot serve a simulated aircraft: no link given", where="--link")
    home = options.home
    fleet = []
    for i in range(options.count):
        lat, lon, _ = ned_to_lla(0.0, i * APART_M, 0.0, home.lat_deg, home.lon_deg, home.alt_amsl_m)
        fleet.append(
            SimVehicle(
                options.airframe,
                options.autopilot,
                home=Home(lat, lon, home.alt_amsl_m, home.heading_deg) if i else home,
                seed=options.seed + i,
                system_id=options.system_id + i,
                wind_ned=options.wind_ned,
                gust_m_s=options.gust_m_s,
                turbulence_m_s=options.turbulence_m_s,
                warmer_k=options.warmer_k,
                roughness_m=options.roughness_m,
                terrain=options.terrain,
                faults=options.faults,
                settle_s=options.settle_s,
                speed=options.speed,
                params=options.params,
            )
        )
    return fleet


def _members(link: Link, count: int, group: asyncio.TaskGroup) -> tuple[Link, ...]:
    """Return the link itself for one aircraft, or a splitter's link for each of several."""
    if count == 1:
        return (link,)
    splitter = LinkSplitter(link, count)
    group.create_task(splitter.run())
    return splitter.members
