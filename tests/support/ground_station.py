"""A ground station of a few lines over a memory link, for tests of simulated aircraft: it sends, and remembers all it
hears.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from controller.link.base import Link
from controller.link.memory import memory_pair
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import item_from, item_message
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.codec import Encoder
from controller.wire.frame import Frame
from controller.wire.framer import Framer
from controller.wire.message import Message
from hil.sim.clock import VirtualClock
from hil.sim.link_server import ServedVehicle
from hil.sim.vehicle import SimVehicle

AIRCRAFT = address(1, 1)


class Ground:
    """One ground station at its end of a link."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.heard: list[tuple[float, Frame]] = []
        self.raw = bytearray()
        self.beats = True
        self._encoder = Encoder(GROUND_STATION)
        self._framer = Framer()
        self._waiting: list[tuple[Callable[[Message], bool], asyncio.Future[Message]]] = []

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        while data := await self.link.read():
            self.raw += data
            for frame in self._framer.feed(data):
                self.heard.append((loop.time(), frame))
                for entry in [one for one in self._waiting if one[0](frame.message())]:
                    self._waiting.remove(entry)
                    if not entry[1].done():
                        entry[1].set_result(frame.message())

    async def beat(self) -> None:
        while True:
            if self.beats:
                await self.send(m.HEARTBEAT(type=6, autopilot=8, system_status=4))
            await asyncio.sleep(1.0)

    async def send(self, *messages: Message) -> None:
        await self.link.write(b"".join(self._encoder.pack(message) for message in messages))

    async def until(self, name: str, *, within_s: float = 10.0, **fields: Any) -> Message:
        """The next message of this name with these values."""

        def fits(message: Message) -> bool:
            return message.name == name and all(
                getattr(message, key) == value for key, value in fields.items()
            )

        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting.append((fits, future))
        async with asyncio.timeout(within_s):
            return await future

    async def ask(self, request: Message, name: str, **fields: Any) -> Message:
        """Send, and wait for the answer."""
        answer = asyncio.ensure_future(self.until(name, **fields))
        await asyncio.sleep(0)
        await self.send(request)
        return await answer

    async def command(self, command: int, *params: float, confirmation: int = 0) -> int:
        """The MAV_RESULT of a COMMAND_LONG."""
        named = {f"param{i}": float(value) for i, value in enumerate(params, 1)}
        request = m.COMMAND_LONG(
            command=command, target_system=1, target_component=1, confirmation=confirmation, **named
        )
        ack = await self.ask(request, "COMMAND_ACK", command=command)
        return int(ack.result)

    async def set_param(self, name: str, value: float, kind: int = 9) -> float:
        request = m.PARAM_SET(
            param_id=name, param_value=value, param_type=kind, target_system=1, target_component=1
        )
        return float((await self.ask(request, "PARAM_VALUE", param_id=name)).param_value)

    async def upload(self, items: Sequence[MissionItem], *, kind: int = 0, current: int | None = None) -> int:
        """The MAV_MISSION_RESULT; item 0 is item 0, `current` is marked as the current item."""
        ack = asyncio.ensure_future(self.until("MISSION_ACK", within_s=60.0))
        kind = items[0].mission_type if items else kind
        where = {"target_system": 1, "target_component": 1, "mission_type": kind}
        await asyncio.sleep(0)
        sent = len(self.heard)
        await self.send(m.MISSION_COUNT(count=len(items), **where))
        while not ack.done():
            await asyncio.sleep(0.01)
            asked = [
                f.message().seq
                for _, f in self.heard[sent:]
                if f.name in ("MISSION_REQUEST", "MISSION_REQUEST_INT")
            ]
            sent = len(self.heard)
            await self.send(
                *(item_message(items[seq], seq, AIRCRAFT, current=seq == current) for seq in asked)
            )
        return int((await ack).type)

    async def download(self, *, kind: int = 0) -> list[MissionItem]:
        return [item_from(message) for message in await self.download_messages(kind=kind)]

    async def download_messages(self, *, kind: int = 0) -> list[Message]:
        where = {"target_system": 1, "target_component": 1, "mission_type": kind}
        count = await self.ask(m.MISSION_REQUEST_LIST(**where), "MISSION_COUNT")
        found = [
            await self.ask(m.MISSION_REQUEST_INT(seq=seq, **where), "MISSION_ITEM_INT", seq=seq)
            for seq in range(count.count)
        ]
        await self.send(m.MISSION_ACK(**where))
        return found

    def messages(self, name: str) -> list[tuple[float, Message]]:
        return [(at, frame.message()) for at, frame in self.heard if frame.name == name]

    def texts(self) -> list[str]:
        """Whole texts without PX4's tab."""
        joined: list[str] = []
        for _, piece in self.messages("STATUSTEXT"):
            if piece.chunk_seq:
                joined[-1] += piece.text
            else:
                joined.append(piece.text)
        return [text.rstrip("\t") for text in joined]

    def reached(self) -> list[int]:
        """Item numbers in order, without repetitions."""
        seqs = [message.seq for _, message in self.messages("MISSION_ITEM_REACHED")]
        return [seq for i, seq in enumerate(seqs) if i == 0 or seqs[i - 1] != seq]

    def modes(self) -> list[tuple[float, int]]:
        """When HEARTBEAT's custom_mode changed, and to what."""
        changes: list[tuple[float, int]] = []
        for at, beat in self.messages("HEARTBEAT"):
            if not changes or changes[-1][1] != beat.custom_mode:
                changes.append((at, beat.custom_mode))
        return changes


@asynccontextmanager
async def flying(autopilot: str = "ardupilot", **options: Any) -> AsyncIterator[tuple[SimVehicle, Ground]]:
    """An aircraft that is ready to be armed, and its ground station."""
    here, there = memory_pair("aircraft", "ground")
    vehicle = SimVehicle(autopilot=autopilot, clock=VirtualClock(), **options)
    ground = Ground(there)
    async with asyncio.TaskGroup() as group:
        group.create_task(vehicle.run(here))
        listening = group.create_task(ground.listen())
        beating = group.create_task(ground.beat())
        await until(lambda: vehicle.autopilot.vehicle.home is not None, within_s=60.0)
        yield vehicle, ground
        beating.cancel()
        await there.close()
        await listening


async def until(condition: Callable[[], bool], *, within_s: float) -> None:
    """Wait in virtual time; raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what is waited for is a state, nobody tells of it
            await asyncio.sleep(0.1)


async def until_disarmed(vehicle: ServedVehicle, *, within_s: float = 600.0) -> None:
    """Wait for the end of the flight."""
    await until(lambda: not vehicle.autopilot.vehicle.armed, within_s=within_s)
