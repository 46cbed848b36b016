"""Peer that answers as a recorded autopilot did: to each message what the recording has after the same message."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from pathlib import Path

from controller.link.base import Link
from controller.wire import dialect
from controller.wire.codec import encode
from controller.wire.frame import Frame
from controller.wire.framer import Framer
from controller.wire.message import Message
from controller.wire.tlog import TlogFrames

REAL = Path(__file__).parents[1] / "data" / "real"
STREAMED = (
    "HEARTBEAT",
    "SYS_STATUS",
    "HOME_POSITION",
    "EXTENDED_SYS_STATE",
    "GPS_RAW_INT",
    "GLOBAL_POSITION_INT",
    "MISSION_CURRENT",
    "CURRENT_EVENT_SEQUENCE",
)
GROUND = 255
Key = tuple[object, ...]


def decoded(frame: Frame) -> Message:
    return dialect.DECODERS[frame.msg_id](frame.raw)


def key_of(message: Message) -> Key:
    """Return what makes two messages of a ground station the same one."""
    fields = message.to_dict()
    return (message.name, *(fields.get(name) for name in ("seq", "command", "count", "mission_type")))


class ReplayPeer:
    """Answers messages of a ground station as recorded, and repeats the newest telemetry of each kind once a second.

    `without` names messages that are never sent. A command that the recording does not have is accepted.
    """

    def __init__(self, recording: str, *, without: tuple[str, ...] = ()) -> None:
        frames = [frame for _, frame in TlogFrames((REAL / recording).read_bytes())]
        frames = [frame for frame in frames if frame.name not in without]
        self.answers: dict[Key, deque[list[Frame]]] = defaultdict(deque)
        self.newest: dict[str, Frame] = {}
        self.received: list[Message] = []
        answer: list[Frame] = []
        begun = False
        for frame in frames:
            if frame.system == GROUND and frame.name != "HEARTBEAT":
                begun, answer = True, []
                self.answers[key_of(decoded(frame))].append(answer)
            elif frame.system != GROUND:
                answer.append(frame)
                if not begun:
                    self.newest[frame.name] = frame
        for frame in frames:
            if frame.system != GROUND:
                self.newest.setdefault(frame.name, frame)
        self.newest = {name: self.newest[name] for name in STREAMED if name in self.newest}

    async def run(self, link: Link) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stream(link))
            group.create_task(self._answer(link))

    async def _stream(self, link: Link) -> None:
        while True:
            for frame in self.newest.values():
                await link.write(frame.raw)
            await asyncio.sleep(1.0)

    async def _answer(self, link: Link) -> None:
        framer = Framer()
        while data := await link.read():
            for frame in framer.feed(data):
                message = frame.message()
                self.received.append(message)
                if message.name == "MISSION_SET_CURRENT":
                    await self._set_current(link, message.seq)
                answers = self.answers.get(key_of(message))
                if not answers:
                    continue
                for answer in answers.popleft() if len(answers) > 1 else answers[0]:
                    if answer.name in self.newest:
                        self.newest[answer.name] = answer
                    await link.write(answer.raw)

    async def _set_current(self, link: Link, seq: int) -> None:
        """Obey a MISSION_SET_CURRENT, which no recording has."""
        newest = self.newest.get("MISSION_CURRENT")
        if newest is None:
            return
        raw = encode(decoded(newest).replace(seq=seq), seq=0, source=newest.source)
        (self.newest["MISSION_CURRENT"],) = Framer().feed(raw)
        await link.write(raw)
