"""What `landline hil px4` does: the bridge to PX4 in SITL over TCP, or to a board in HITL over its serial port."""

from __future__ import annotations

from collections.abc import Callable

from controller.clock import Clock
from controller.link.one_client import OneClient
from controller.link.open import policy_for
from controller.link.url import parse
from hil.bridges.px4_feed import MOST_IMUS, SensorFeed
from hil.bridges.px4_sitl import Px4Sitl
from hil.bridges.serve import Framed, serve_side
from hil.bridges.world import World
from hil.errors import ScenarioError

PORT = 4560  # of instance 0; each further one listens one higher


def sitl_url(instance: int) -> str:
    """Where PX4's instance of this number looks for its simulator. Raises ScenarioError."""
    if not 0 <= instance <= 249:
        raise ScenarioError(f"must be 0 to 249, is {instance}", where="--instance")
    return f"tcpin:127.0.0.1:{PORT + instance}"


async def serve_sitl(
    world: World,
    url: str,
    *,
    clock: Clock,
    imus: int = 1,
    tell: Callable[[str], None],
    on_ready: Callable[[str], None],
) -> None:
    """Simulate for one PX4 after another until cancelled. `on_ready` is told the URL as soon as PX4 may connect.

    Raises UserError for a bad option, LinkError when the port cannot be had.
    """
    if not 1 <= imus <= MOST_IMUS:
        raise ScenarioError(f"PX4 takes 1 to {MOST_IMUS} simulated IMUs, not {imus}", where="--imus")
    parsed = parse(url)
    if parsed.kind != "tcpin":
        raise ScenarioError(
            "PX4's simulator interface is a TCP port that the simulator listens on",
            where=url,
            hint="write tcpin:127.0.0.1:4560, or serial:DEVICE:921600 for a board in HITL",
        )
    make = world.plant_maker()

    def feed() -> SensorFeed:
        return SensorFeed(make(), seed=world.seed, imus=imus, epoch_utc_us=clock.utc_us())

    machine = Px4Sitl(feed, speed=world.speed, tell=tell)
    async with OneClient(parsed, policy=policy_for([parsed]), tell=tell) as link:

        def changed(up: bool, why: str) -> None:  # noqa: ARG001
            if not up:
                machine.lost(clock.now())

        link.watch(changed)
        on_ready(link.info.ready_url)
        await serve_side(Framed(machine), link)
