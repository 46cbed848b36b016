"""A ground station that reads files from a box in the rig, over a wire that may lose frames."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from controller.protocol.state_machine import StateMachine
from controller.wire.message import Message
from firmware.core.blockfile import BlockFile
from tests.support.box.rig import Rig


class FileCard(BlockFile):
    """The recorder's store in a real file, as the rig wants it."""

    stall_ms = 0
    stalled_ms = 0


class Boxes:
    """Boxes whose record is `folder`/box.rec; what they have open is closed at the end."""

    def __init__(self) -> None:
        self._made: list[Rig] = []

    def make(self, folder: Path, *, blocks: int = 8, **changes: Any) -> Rig:
        path = (folder / "box.rec").as_posix()
        card: Any = FileCard(path, blocks)
        rig = Rig(card=card, recorder={"path": path, "blocks": blocks}, **changes)
        self._made.append(rig)
        return rig

    def close(self) -> None:
        for rig in self._made:
            card: Any = rig.card
            card.close()
            services: Any = rig.bridge.services
            services.files.close()


class Reader:
    """Runs machines against the rig, turn by turn; `loss` of frames each way."""

    def __init__(self, rig: Rig, *, loss: float = 0.0, seed: int = 1) -> None:
        self.rig = rig
        self.loss = loss
        self._random = random.Random(seed)
        self.heard: list[Message] = []

    def send(self, messages: list[Message]) -> None:
        for message in messages:
            if self._random.random() >= self.loss:
                self.rig.up(message)

    def run(self, machine: StateMachine[Any], *, limit_s: float = 600.0, step_ms: int = 1) -> Any:
        """The machine's value, or its error raised."""
        rig = self.rig
        self.send(machine.start(rig.now_ms / 1000))
        stop_at_ms = rig.now_ms + limit_s * 1000
        while machine.outcome is None:
            assert rig.now_ms < stop_at_ms, "it does not end"
            self.turn(machine, step_ms)
        outcome = machine.outcome
        if hasattr(outcome, "error"):
            raise outcome.error
        return outcome.value

    def turn(self, machine: StateMachine[Any] | None, step_ms: int = 1) -> None:
        rig = self.rig
        rig.turn(step_ms)
        now_s = rig.now_ms / 1000
        for frame in rig.heard(rig.laptop):
            if self._random.random() < self.loss:
                continue
            message = frame.message()
            self.heard.append(message)
            if machine is not None:
                self.send(machine.receive(message, frame.source, now_s))
        if machine is not None and machine.deadline is not None and now_s >= machine.deadline:
            self.send(machine.tick(now_s))
