"""The judge of crashes on a flight in progress: feed it every message of the aircraft, and ask.

watch = CrashWatch(mav_type)
vehicle.watch(lambda message, before, after: watch.add(message, armed=after.armed, mode=after.mode, now=clock.now()))
crash = watch.crash(now)          # at the end, or from time to time
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING

from controller.logs.review.free_modes import FREE_MODES
from controller.wire.message import Message

if TYPE_CHECKING:
    from controller.logs.review.crash import Crash
    from controller.logs.review.trace import Attitude, FlightTrace

_AGAIN_S = 2.0


class CrashWatch:
    """Collects the motion of one aircraft. Times are seconds of one clock that never steps back."""

    def __init__(self, mav_type: int) -> None:
        self._mav_type = mav_type
        self._columns = {name: array("d") for name in ("position", "attitude", "wanted")}
        self._spans: list[list[float]] = []  # begin, and end where it has ended
        self._free_since: float | None = None
        self._free: list[tuple[float, float]] = []
        self._texts: list[tuple[float, str]] = []
        self._judged_at = -_AGAIN_S
        self._suspected: Crash | None = None
        self._told = False
        self._handlers: dict[str, Callable[[Message, float], None]] = {
            "GLOBAL_POSITION_INT": self._position,
            "ATTITUDE": self._attitude,
            "ATTITUDE_TARGET": self._attitude_target,
            "NAV_CONTROLLER_OUTPUT": self._nav_controller,
        }
        self._has_target = False

    def add(self, message: Message, *, armed: bool, mode: str, now: float) -> None:
        """Take a message of the aircraft's autopilot, with its state after it."""
        if armed and (not self._spans or len(self._spans[-1]) == 2):
            self._spans.append([now])
        elif not armed and self._spans and len(self._spans[-1]) == 1:
            self._spans[-1].append(now)
        self._mode(mode, now)
        handler = self._handlers.get(message.name)
        if handler is not None:
            handler(message, now)

    def add_text(self, text: str, now: float) -> None:
        """Take a status text, or the words of an event, of the autopilot."""
        self._texts.append((now, text))

    def crash(self, now: float) -> Crash | None:
        """The crash of the (last) armed span, as far as it is known at `now`; None where there is none."""
        if not self._spans:
            return None
        from controller.logs.review.crash import crashes

        found = crashes(self._trace(now))
        return found[-1] if found else None

    def new_crash(self, now: float) -> Crash | None:
        """The crash, once, when it was judged at two times two seconds apart: to warn of a wreck that stays armed."""
        if self._told or now - self._judged_at < _AGAIN_S:
            return None
        before, self._suspected = self._suspected, self.crash(now)
        self._judged_at = now
        if before is None or self._suspected is None:
            return None
        self._told = True
        return self._suspected

    def _trace(self, now: float) -> FlightTrace:
        import numpy as np

        from controller.logs.review.trace import ArmedSpan, FlightTrace, kind_of, report_of

        position = np.array(self._columns["position"]).reshape(-1, 5)
        reports = (report_of(at_s, text, "STATUSTEXT") for at_s, text in self._texts)
        heard = max((column[-rows] for column, rows in self._last_rows() if len(column)), default=now)
        end_s = min(now, heard)
        free = [*self._free, *([(self._free_since, now)] if self._free_since is not None else [])]
        return FlightTrace(
            kind=kind_of(self._mav_type),
            armed=tuple(
                ArmedSpan(span[0], span[-1] if len(span) == 2 else max(end_s, span[0]), ended=len(span) == 2)
                for span in self._spans
            ),
            height_s=position[:, 0],
            height_m=position[:, 1],
            velocity_s=position[:, 0],
            vel_ned=position[:, 2:5],
            attitude=self._angles("attitude"),
            wanted=self._angles("wanted") if self._columns["wanted"] else None,
            free=tuple(free),
            reports=tuple(report for report in reports if report is not None),
        )

    def _last_rows(self) -> list[tuple[array[float], int]]:
        """Each column with the length of its rows: a row begins with its time."""
        return [(self._columns["position"], 5), (self._columns["attitude"], 3)]

    def _angles(self, name: str) -> Attitude:
        import numpy as np

        from controller.logs.review.trace import Attitude

        rows = np.array(self._columns[name]).reshape(-1, 3)
        return Attitude(rows[:, 0], rows[:, 1], rows[:, 2])

    def _mode(self, mode: str, now: float) -> None:
        if mode in FREE_MODES:
            self._free_since = now if self._free_since is None else self._free_since
        elif self._free_since is not None:
            self._free.append((self._free_since, now))
            self._free_since = None

    def _position(self, message: Message, now: float) -> None:
        self._columns["position"].extend(
            (now, message.alt / 1e3, message.vx / 100, message.vy / 100, message.vz / 100)
        )

    def _attitude(self, message: Message, now: float) -> None:
        self._columns["attitude"].extend((now, message.roll, message.pitch))

    def _attitude_target(self, message: Message, now: float) -> None:
        import numpy as np

        from controller.logs.review.trace import roll_pitch

        if not self._has_target:  # the better of two sources
            self._has_target = True
            del self._columns["wanted"][:]
        roll, pitch = roll_pitch(np.array([message.q], np.float64))
        self._columns["wanted"].extend((now, float(roll[0]), float(pitch[0])))

    def _nav_controller(self, message: Message, now: float) -> None:
        if not self._has_target:
            self._columns["wanted"].extend(
                (now, math.radians(message.nav_roll), math.radians(message.nav_pitch))
            )
