"""The bridge to PX4 on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import sys
from pathlib import Path

import pytest

from controller.clock import SystemClock
from controller.errors import LinkError
from controller.link.open import open_link, policy_for
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from hil.bridges.px4 import sitl as px4_sitl
from hil.bridges.px4.serve import serve_sitl, sitl_url
from hil.bridges.world import World
from hil.errors import ScenarioError
from tests.support.bridge_missions import MISSION
from tests.support.cli import COMMAND, ROOT, environment
from tests.support.ground_station import Ground

ANY = "tcpin:127.0.0.1:0"


class Served:
    """The bridge in this event loop, on a port chosen by the system."""

    def __init__(self, url: str = ANY) -> None:
        self.notes: list[str] = []
        self._more = asyncio.Event()
        self.ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.task = asyncio.ensure_future(
            serve_sitl(World(), url, clock=SystemClock(), note=self._note, on_ready=self.ready.set_result)
        )

    def _note(self, line: str) -> None:
        self.notes.append(line)
        self._more.set()

    async def lines(self, count: int) -> None:
        """Wait until it has reported so many lines."""
        while len(self.notes) < count:
            self._more.clear()
            await self._more.wait()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        url = await self.ready
        return await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))

    async def end(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


async def _closed(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.realtime
async def test_a_second_client_is_refused_and_the_first_flies_on() -> None:
    served = Served()
    reader, writer = await served.connect()
    writer.write(Encoder(address(1, 1)).pack(m.HEARTBEAT(type=2, autopilot=12)))
    assert await reader.read(100)
    second, other = await served.connect()
    async with asyncio.timeout(5.0):
        with contextlib.suppress(ConnectionError):
            assert await second.read(100) == b""
        assert await reader.read(100)
    assert "a second client" in served.notes[0]
    await _closed(writer, other)
    await served.end()


@pytest.mark.realtime
async def test_a_px4_after_a_client_with_half_a_frame_is_decoded_from_its_first_byte() -> None:
    served = Served()
    gone, stranger = await served.connect()
    stranger.write(b"\xfd\xff" + bytes(20))  # of the longest frame
    stranger.write_eof()
    assert await gone.read() == b""  # the peer has closed as well
    await _closed(stranger)
    reader, writer = await served.connect()
    writer.write(Encoder(address(1, 1)).pack(m.HEARTBEAT(type=2, autopilot=12)))
    async with asyncio.timeout(5.0):
        assert await reader.read(100)
    await _closed(writer)
    await served.end()


@pytest.mark.realtime
async def test_a_silent_client_after_the_first_silence_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(px4_sitl, "SILENCE_S", 0.05)
    served = Served()
    await served.ready
    async with asyncio.timeout(5.0):
        await served.lines(1)
        _, writer = await served.connect()
        await served.lines(2)
    assert ["no connection" in served.notes[0], "sends nothing" in served.notes[1]] == [True, True]
    await _closed(writer)
    await served.end()


@pytest.mark.realtime
async def test_a_px4_that_reconnects_gets_a_new_aircraft() -> None:
    served = Served()
    for _ in range(2):
        reader, writer = await served.connect()
        writer.write(Encoder(address(1, 1)).pack(m.HEARTBEAT(type=2, autopilot=12)))
        async with asyncio.timeout(5.0):
            (first, *_) = Framer().feed(await reader.read(4096))
        assert first.message().time_usec == 1_000_000
        await _closed(writer)
    await served.end()


@pytest.mark.realtime
async def test_a_port_in_use_is_one_clear_line() -> None:
    first = Served()
    port = (await first.ready).rpartition(":")[2]
    with pytest.raises(LinkError, match=r"another program uses it.*usually Gazebo, jMAVSim.*--instance"):
        await Served(f"tcpin:127.0.0.1:{port}").task
    await first.end()


def test_instances_have_ports_of_their_own() -> None:
    assert sitl_url(0) == "tcpin:127.0.0.1:4560"
    assert sitl_url(3) == "tcpin:127.0.0.1:4563"
    with pytest.raises(ScenarioError, match="--instance"):
        sitl_url(-1)


@pytest.mark.realtime
async def test_a_link_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(ScenarioError, match="tcpin"):
        await Served("udpin:127.0.0.1:4560").task


@pytest.mark.parametrize(
    ("imus", "receivers", "named"), [(4, 1, "--imus"), (0, 1, "--imus"), (1, 4, "--gps")]
)
async def test_more_sensors_than_px4_supports_are_refused(imus: int, receivers: int, named: str) -> None:
    with pytest.raises(ScenarioError, match=f"{named}.* 1 to 3"):
        await serve_sitl(
            World(), ANY, clock=SystemClock(), imus=imus, receivers=receivers, note=print, on_ready=print
        )


@pytest.mark.slow
@pytest.mark.realtime
async def test_two_processes_fly_a_mission_over_tcp_from_take_off_to_landing(tmp_path: Path) -> None:
    bridge = await asyncio.create_subprocess_exec(
        *COMMAND, "hil", "px4", "--link", ANY, "--speed", "5", "--imus", "3", "--wind", "2,1,0", "--json",
        cwd=ROOT, env=environment(tmp_path), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert bridge.stdout is not None
    assert bridge.stderr is not None
    ready = json.loads(await bridge.stdout.readline())
    simulator = ready["links"][0].replace("tcpin:", "tcp:")
    policy = policy_for([ANY.replace("tcpin", "udpin")])
    async with open_link("udpin:127.0.0.1:0", policy=policy, clock=SystemClock()) as radio:
        peer = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hil.bridges.process.fake_autopilot", simulator, f"udpout:{radio.info.local}",
            cwd=ROOT, env=environment(tmp_path),
        )  # fmt: skip
        ground = Ground(radio)
        listening = asyncio.ensure_future(ground.listen())
        beating: asyncio.Future[None] | None = None
        try:
            await ground.until("HEARTBEAT", within_s=60.0)
            beating = asyncio.ensure_future(ground.beat())
            await ground.until("HOME_POSITION", within_s=60.0)
            assert await ground.upload(MISSION) == 0
            assert await ground.command(176, 1, 4, 4) == 0
            assert await ground.command(400, 1) == 0
            await ground.until("EXTENDED_SYS_STATE", within_s=120.0, landed_state=2)
            await ground.until("EXTENDED_SYS_STATE", within_s=120.0, landed_state=1)
            heights = [p.relative_alt * 1e-3 for _, p in ground.messages("GLOBAL_POSITION_INT")]
            last = ground.messages("GLOBAL_POSITION_INT")[-1][1]
            assert 28.0 < max(heights) < 32.0  # RTL_RETURN_ALT
            assert math.hypot((last.lat - MISSION[0].x) * 0.0111, (last.lon - MISSION[0].y) * 0.00753) < 3.0
            peer.terminate()
            await peer.wait()
            sent = b""
            while b"closed the connection" not in sent:
                sent = await asyncio.wait_for(bridge.stderr.readline(), 20.0)
        finally:
            if beating is not None:
                beating.cancel()
            for process in (peer, bridge):
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                await process.wait()
    await listening
