"""Vehicle side of the calibrations, for emulated autopilots and tests: the aircraft is turned by itself, side by side.

`begin(kind, now)` starts one after its command was accepted. Both ways of leading through it are here: ArduPilot's
positions and compass messages, PX4's texts. Sources: as in the clients.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from controller.protocol.calibration.base import SIDES
from controller.protocol.calibration.by_positions import FAILED, SUCCESS
from controller.protocol.state_machine import StateMachine
from controller.protocol.statustext import statustext_messages
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.enums import MAV_CMD, MAV_SEVERITY
from controller.wire.message import Message

Style = Literal["positions", "texts"]
ASK_EACH_S = 1.0
MEASURE_S = 2.0
_INFO, _CRITICAL = int(MAV_SEVERITY.INFO), int(MAV_SEVERITY.CRITICAL)
_PX4_SIDES = ("back", "front", "left", "right", "up", "down")
_Timed = tuple[float, list[Message]]  # seconds after the step before, messages


class CalibrationServer(StateMachine[None]):
    """Leads a ground station through calibrations. `ground` gets the commands; `fails` makes the next one fail."""

    def __init__(self, style: Style, ground: Address, *, fails: bool = False) -> None:
        super().__init__()
        self.style = style
        self.ground = ground
        self.fails = fails
        self._script: Iterator[_Timed] | None = None
        self._next: list[Message] = []
        self._step = 0
        self._asks = False
        self._result = 0

    @property
    def busy(self) -> bool:
        """Whether a calibration runs."""
        return self._script is not None or self._asks

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def begin(self, kind: str, now: float) -> None:
        """Start a calibration: accel, compass, gyro, level, pressure or airspeed."""
        if self.style == "positions" and kind == "accel":
            if not self._asks:
                self._step, self._asks, self._result = 1, True, 0
            self.deadline = now
            return
        if self.style == "positions":
            self._begin(self._compasses(), now)
            return
        self._begin(self._texts({"accel": "accel", "compass": "mag"}.get(kind, kind)), now)

    def confirm(self, position: float, now: float) -> bool:
        """Take MAV_CMD_ACCELCAL_VEHICLE_POS; return whether it is the position that was asked for."""
        if not self._asks or position != self._step:
            return False
        self._step += 1
        self.deadline = now + MEASURE_S
        if self._step > len(SIDES):
            self._asks, self._result = False, FAILED if self.fails else SUCCESS
        return True

    def stop(self, now: float) -> list[Message]:
        """Stop what the autopilot can stop, and say so as it does."""
        was = self._script is not None
        self._script, self._next = None, []
        self.deadline = now if self._asks or self._result else None
        return _said("[cal] calibration cancelled", _CRITICAL) if was and self.style == "texts" else []

    def tick(self, now: float) -> list[Message]:
        if self.deadline is None or now < self.deadline:
            return []
        if self._script is None:
            self.deadline = now + ASK_EACH_S if self._asks or self._result else None
            return [self._position(self._step if self._asks else self._result)]
        messages = self._next
        self._advance(now)
        return messages

    def _begin(self, script: Iterator[_Timed], now: float) -> None:
        self._script, self._result = script, 0
        self._advance(now)

    def _advance(self, now: float) -> None:
        assert self._script is not None
        found = next(self._script, None)
        if found is None:
            self._script, self.deadline = None, None
        else:
            self.deadline, self._next = now + found[0], found[1]

    def _position(self, value: int) -> Message:
        message: Message = m.COMMAND_LONG(
            target_system=self.ground.system,
            target_component=self.ground.component,
            command=MAV_CMD.ACCELCAL_VEHICLE_POS,
            confirmation=0,
            param1=float(value),
        )
        return message

    def _compasses(self) -> Iterator[_Timed]:
        for percent in range(0, 100, 10):
            yield (
                0.5,
                [
                    m.MAG_CAL_PROGRESS(compass_id=one, cal_mask=3, cal_status=2, completion_pct=percent - one)
                    if percent
                    else m.MAG_CAL_PROGRESS(compass_id=one, cal_mask=3, cal_status=2, completion_pct=0)
                    for one in (0, 1)
                ],
            )
        yield (
            0.5,
            [
                m.MAG_CAL_REPORT(
                    compass_id=one,
                    cal_mask=3,
                    cal_status=5 if self.fails and one else 4,
                    autosaved=1,
                    fitness=5.5,
                )
                for one in (0, 1)
            ],
        )

    def _texts(self, sensor: str) -> Iterator[_Timed]:
        yield 0.1, _said(f"[cal] calibration started: 2 {sensor}")
        if sensor in ("accel", "mag"):
            yield from self._sides(sensor)
        else:
            for percent in range(10, 101, 10):
                yield 0.2, _said(f"[cal] progress <{percent}>")
        if self.fails:
            yield 0.2, _said(f"[cal] calibration failed: {sensor}", _CRITICAL)
        else:
            yield 0.2, [*_said("[cal] progress <100>"), *_said(f"[cal] calibration done: {sensor}")]

    def _sides(self, sensor: str) -> Iterator[_Timed]:
        pending = list(_PX4_SIDES)
        for at, side in enumerate(reversed(_PX4_SIDES), 1):
            yield 0.1, _said(f"[cal] pending: {' '.join(pending)}")
            yield 0.1, _said("[cal] hold vehicle still on a pending side")
            yield MEASURE_S, _said(f"[cal] {side} orientation detected")
            if sensor == "mag":
                yield 0.5, _said("[cal] Rotate vehicle around the detected orientation")
                for part in (0.25, 0.5, 0.75):
                    percent = round((at - 1 + part) * 100 / 6)
                    yield 0.7, _said(f"[cal] {side} side calibration: progress <{percent}>")
            else:
                yield 0.2, _said(f"[cal] Hold still, measuring {side} side")
            yield MEASURE_S, _said(f"[cal] {side} side done, rotate to a different side")
            yield 0.1, _said(f"[cal] progress <{17 * at if at < 6 else 100}>")
            pending.remove(side)


def _said(text: str, severity: int = _INFO) -> list[Message]:
    return list(statustext_messages(text, severity, 1))
