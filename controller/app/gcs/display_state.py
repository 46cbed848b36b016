"""State that the live view shows at one moment: data without text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.vehicle.state import VehicleState

SILENT_S = 3.0
"""After this time without a message, the values shown are marked as old."""


@dataclass(frozen=True, slots=True)
class LinkView:
    """One link: name, fraction of frames lost (0 to 1), frames/s received, bytes/s received and sent, whether
    it is up, its kind such as "serial", and seconds since the last frame (None before the first).
    """

    name: str
    loss: float
    frames_in_s: float
    bytes_in_s: float
    bytes_out_s: float
    up: bool = True
    kind: str = ""
    silent_s: float | None = None


@dataclass(frozen=True, slots=True)
class MissionView:
    """The mission on board.

    `items` is the number of items (None: not downloaded yet), `number` the current item (from 1), with its name
    and its position in degrees.
    """

    items: int | None = None
    number: int | None = None
    name: str = ""
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class DisplayState:
    """Everything that the view shows at one moment.

    `question` waits `left_s` more seconds for the confirmation key; `entry` is the prompt and the value typed so far.
    `last_line` is the last message of the ground station. `help_lines` are keys with their commands, shown on request.
    `utc_us` is the time of day at `now_s`, microseconds since 1970. `page` is the address of the web page.
    """

    title: str
    state: VehicleState
    now_s: float
    silent_s: float
    links: Sequence[LinkView] = ()
    mission: MissionView = MissionView()
    armed_for_s: float | None = None
    alarm: str = ""
    keys: Sequence[str] = ()
    question: str = ""
    left_s: float = 0.0
    entry: str = ""
    help_lines: Sequence[tuple[str, str]] = ()
    utc_us: int = 0
    last_line: str = ""
    record: str = ""
    page: str = ""

    @property
    def silent(self) -> bool:
        """Whether telemetry has stopped."""
        return self.silent_s > SILENT_S
