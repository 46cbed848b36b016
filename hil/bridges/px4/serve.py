"""Command `hil px4`: bridge to PX4 in SITL over TCP, or to a board in HITL over its serial port."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

from controller.clock import Clock
from controller.errors import SafetyRefused
from controller.link.open import open_link, policy_for
from controller.link.single_client import SingleClientTcpIn
from controller.link.url import parse
from hil.airframes.load import load_airframe
from hil.bridges.process.instances import port_owner_hint
from hil.bridges.px4.board_port import serve_board
from hil.bridges.px4.hitl import Px4Hitl, least_baud
from hil.bridges.px4.outputs import outputs_of
from hil.bridges.px4.sensor_feed import MAX_IMUS, MAX_RECEIVERS, SensorFeed
from hil.bridges.px4.sitl import PORT, Px4Sitl, not_started
from hil.bridges.serve import FramedEndpoint, serve_endpoint
from hil.bridges.world import World
from hil.errors import ScenarioError
from hil.faults.schedule import Part

GROUND = ("udpout:127.0.0.1:14550", "udpout:127.0.0.1:14540")  # where ground stations and programs listen


def sitl_url(instance: int) -> str:
    """Return the URL on which an instance of PX4 expects its simulator. Raises ScenarioError."""
    if not 0 <= instance <= 249:
        raise ScenarioError(f"must be 0 to 249, is {instance}", where="--instance")
    return f"tcpin:127.0.0.1:{PORT + instance}"


async def serve_sitl(
    world: World,
    url: str,
    *,
    clock: Clock,
    imus: int = 1,
    receivers: int = 1,
    rangefinder: bool = False,
    flow: bool = False,
    note: Callable[[str], None],
    on_ready: Callable[[str], None],
    cause: Callable[[], str] | None = None,
) -> None:
    """Simulate for one PX4 after another until cancelled; calls `on_ready` with the URL when ready.

    `cause` returns the likely cause when PX4 does not connect, for its report.

    Raises UserError for a bad option, LinkError when the port cannot be opened.
    """
    if not 1 <= imus <= MAX_IMUS:
        raise ScenarioError(f"must be 1 to {MAX_IMUS}, is {imus}", where="--imus")
    if not 1 <= receivers <= MAX_RECEIVERS:
        raise ScenarioError(f"must be 1 to {MAX_RECEIVERS}, is {receivers}", where="--gps")
    world = replace(world, receivers=receivers)
    _check_faults(world, flow=flow)
    parsed = parse(url)
    if parsed.kind != "tcpin":
        raise ScenarioError(
            "invalid link for PX4 in SITL: the simulator must listen on a TCP port",
            where=url,
            hint="write tcpin:127.0.0.1:4560, or serial:DEVICE:921600 for a board in HITL",
        )
    outputs_of(load_airframe(world.airframe))  # checked before an autopilot waits
    make = world.plant_maker()

    def feed() -> SensorFeed:
        return SensorFeed(
            make(),
            seed=world.seed,
            imus=imus,
            rangefinder=rangefinder,
            flow=flow,
            epoch_utc_us=clock.utc_us(),
        )

    machine = Px4Sitl(feed, speed=world.speed, note=note, cause=cause or partial(not_started, parsed.port))
    endpoint = FramedEndpoint(machine, link_diagnosis=machine.link_diagnosis)

    def changed(up: bool, now: float) -> None:
        if up:
            endpoint.reset()
            machine.connected(now)
        else:
            machine.lost(now)

    async with AsyncExitStack() as stack:
        link = SingleClientTcpIn(parsed, policy=policy_for([parsed]), report=note)
        with port_owner_hint("Gazebo, jMAVSim or another landline hil px4"):
            await stack.enter_async_context(link)
        on_ready(link.info.ready_url)
        await serve_endpoint(endpoint, link, changed=changed)


async def serve_hitl(
    world: World,
    url: str,
    *,
    ground: tuple[str, ...],
    propellers_off: bool,
    clock: Clock,
    note: Callable[[str], None],
    on_ready: Callable[[str], None],
) -> None:
    """Simulate for a board on its serial port until cancelled, with its ground stations on the links `ground`.

    Raises SafetyRefused unless `propellers_off`, UserError and LinkError as `serve_sitl` does.
    """
    if not propellers_off:
        raise SafetyRefused(
            "cannot start HITL: with wrong settings the board may drive connected motors",
            where=url,
            hint="remove the propellers, then add --propellers-off",
        )
    _check_faults(world, flow=False)
    parsed = parse(url)
    if parsed.baud < (enough := least_baud(world.imu_hz)):
        note(
            f"{parsed.baud} baud is low for {world.imu_hz} samples a second (a USB port ignores it; a UART needs "
            f"{enough} or more, 921600 is usual)"
        )
    outputs_of(load_airframe(world.airframe))
    make = world.plant_maker()

    def feed() -> SensorFeed:
        return SensorFeed(make(), seed=world.seed, epoch_utc_us=clock.utc_us())

    machine = Px4Hitl(feed, utc_us=clock.utc_us, note=note)
    policy = policy_for([parsed, *ground])
    async with AsyncExitStack() as stack:
        links = [
            await stack.enter_async_context(open_link(each, policy=policy, clock=clock)) for each in ground
        ]
        board = await stack.enter_async_context(open_link(parsed, policy=policy, clock=clock))
        on_ready(board.info.ready_url)
        await serve_board(machine, board, *links)


def _check_faults(world: World, *, flow: bool) -> None:
    if not flow and any(fault.part is Part.FLOW for fault in world.faults):
        raise ScenarioError(
            "cannot simulate optical flow faults: PX4 gets no optical flow",
            where="fault",
            hint="in SITL, add --flow",
        )
