"""The bridge to ArduPilot on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from pathlib import Path

import pytest

from controller.clock import SystemClock
from controller.errors import LinkError
from controller.link.open import open_link, policy_for
from controller.protocol.mission.items import MissionItem
from hil.bridges.ardupilot.serve import port_of, serve_ardupilot
from hil.bridges.world import World
from hil.errors import ScenarioError
from tests.support.bridge_missions import MISSION
from tests.support.cli import COMMAND, ROOT, environment
from tests.support.ground_station import Ground


def test_instances_have_ports_of_their_own() -> None:
    assert [port_of(number) for number in (0, 1, 2)] == [9002, 9012, 9022]
    with pytest.raises(ScenarioError, match="--instance"):
        port_of(-1)


@pytest.mark.realtime
async def test_a_port_in_use_is_one_clear_line() -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    first = asyncio.ensure_future(serve_ardupilot(World(), port=0, note=print, on_ready=ready.set_result))
    port = int((await ready).rpartition(":")[2])
    with pytest.raises(LinkError, match="another program uses it"):
        await serve_ardupilot(World(), port=port, note=print, on_ready=print)
    first.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await first


@pytest.mark.slow
@pytest.mark.realtime
async def test_two_processes_fly_a_mission_over_udp_from_take_off_to_landing(tmp_path: Path) -> None:
    bridge = await asyncio.create_subprocess_exec(
        *COMMAND, "hil", "ardupilot", "--port", "0", "--wind", "2,1,0", "--json",
        cwd=ROOT, env=environment(tmp_path), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert bridge.stdout is not None
    ready = json.loads(await bridge.stdout.readline())
    physics = ready["links"][0].replace("udpin:", "udpout:")
    policy = policy_for(["udpin:127.0.0.1:0"])
    async with open_link("udpin:127.0.0.1:0", policy=policy, clock=SystemClock()) as radio:
        peer = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hil.bridges.process.fake_autopilot", physics, f"udpout:{radio.info.local}",
            cwd=ROOT, env=environment(tmp_path),
        )  # fmt: skip
        ground = Ground(radio)
        listening = asyncio.ensure_future(ground.listen())
        beating: asyncio.Future[None] | None = None
        try:
            await ground.until("HEARTBEAT", within_s=60.0)
            beating = asyncio.ensure_future(ground.beat())
            await ground.until("HOME_POSITION", within_s=60.0)
            assert await ground.upload([MissionItem(frame=0, command=16), *MISSION]) == 0
            for command in ((176, 1, 4), (400, 1), (176, 1, 3), (300,)):
                assert await ground.command(*command) == 0, command
            async with asyncio.timeout(120.0):
                while (await ground.until("HEARTBEAT")).base_mode & 128:
                    pass
            assert set(ground.reached()) >= {1, 2, 3}
        finally:
            if beating is not None:
                beating.cancel()
            for process in (peer, bridge):
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                await process.wait()
    await listening
