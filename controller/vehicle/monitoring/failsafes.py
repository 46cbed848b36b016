"""Finds the cause of a mode change that the mission did not make: a failsafe in the aircraft's words, or a command
of Landline itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.autopilots.base import Autopilot
from controller.autopilots.failsafes import UNNAMED, is_activation
from controller.vehicle.monitoring.events import FailsafeReported
from controller.vehicle.state import ReceivedText

# PX4 names the cause some seconds before it acts, and holds for 5 s first.
BEFORE_S = 15.0
# Texts may come after the heartbeat with the new mode.
AFTER_S = 5.0
_NOTICE = 5  # MAV_SEVERITY; less severe texts report no failsafe


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    text: str
    at_s: float


class FailsafeWatch:
    """Failsafes that the status texts of a flight name. `reported` are those that acted, by name."""

    def __init__(self, autopilot: Autopilot) -> None:
        self.reported: dict[str, str] = {}
        self._autopilot = autopilot
        self._named: list[_Named] = []

    def receive(self, texts: Sequence[ReceivedText], now: float) -> list[FailsafeReported]:
        """Take new texts; return the failsafes that they report for the first time."""
        found = []
        for text in texts:
            name = self._autopilot.failsafe_named(text.text) if text.severity <= _NOTICE else None
            if name is None:
                continue
            self._named.append(_Named(name, text.text, now))
            if is_activation(name, text.text):
                found += self.report(*self._specific(name, text.text, now))
        return found

    def report(self, name: str, text: str) -> list[FailsafeReported]:
        """Return the event of a failsafe that acts, once for each name."""
        if name in self.reported:
            return []
        self.reported[name] = text
        return [FailsafeReported(name, text)]

    def cause(self, since_s: float, now: float) -> tuple[str, str] | None:
        """Return name and text of the failsafe behind a mode change at `since_s`; None if the texts name none.

        Of several texts about it the longest has most to say.
        """
        near = [one for one in self._named if since_s - BEFORE_S <= one.at_s <= min(now, since_s + AFTER_S)]
        named = [one for one in near if one.name != UNNAMED] or near
        if not named:
            return None
        name = named[-1].name
        return name, max((one.text for one in named if one.name == name), key=len)

    def _specific(self, name: str, text: str, now: float) -> tuple[str, str]:
        """Return what other texts of the last seconds say of the same failsafe, or of one without a name."""
        found = self.cause(now, now)
        return found if found is not None and (name == UNNAMED or found[0] == name) else (name, text)
