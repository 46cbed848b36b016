"""Texts for the operator from all components of an aircraft: status texts and events in words, each said once.

PX4 sends most of its messages twice, as STATUSTEXT (ended by a tab) and as EVENT. The event has more to say, so the
text is left out where an event in words comes with it, and shown where none comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from controller.protocol.events.definitions import NO_EVENTS, DecodedEvent, EventTable
from controller.protocol.events.health import HealthReports, is_health
from controller.protocol.events.receiver import EventReceiver, ReceivedEvent
from controller.protocol.ground_box import BOX_NAME, is_box_record
from controller.protocol.old_severities import has_old_severities, mavlink_severity
from controller.protocol.state_machine import StateMachine
from controller.protocol.statustext import StatusText, StatusTextAssembler
from controller.protocol.timing import DEFAULT_TIMING, EVENT_TEXT_WAIT_S, Timing
from controller.wire.address import Address
from controller.wire.component_names import component_name
from controller.wire.enums import MAV_SEVERITY
from controller.wire.message import Message

AUTOPILOT = "autopilot"
WARNING, NOTICE = int(MAV_SEVERITY.WARNING), int(MAV_SEVERITY.NOTICE)


@dataclass(frozen=True, slots=True)
class Announcement:
    """A text for the operator; `severity` is MAV_SEVERITY. `event` is the name of the EVENT, or its number.

    `sender` is the name of the component.
    """

    severity: int
    text: str
    sender: str = AUTOPILOT
    event: str = ""


@dataclass(frozen=True, slots=True)
class _Held:
    """A status text whose event is awaited."""

    text: StatusText
    since_s: float


class Announcements(StateMachine[None]):
    """Receives texts and events of the aircraft `autopilot`. Sends requests for lost events, never ends.

    `table` holds the words of its events. With `tells_lost` events lost on the link are a text too. `texts()` returns
    the texts since the last call; with `on_text`, that is called with each text instead.

    Severities are MAVLink's from the banner of an old firmware on, and always for the senders in `old_severities`.
    """

    def __init__(
        self,
        own_address: Address,
        autopilot: Address,
        table: EventTable = NO_EVENTS,
        *,
        timing: Timing = DEFAULT_TIMING,
        on_text: Callable[[Announcement], None] | None = None,
        tells_lost: bool = True,
        old_severities: Iterable[Address] = (),
    ) -> None:
        super().__init__()
        self._old_severities = set(old_severities)
        self.table = table
        self._tells_lost = tells_lost
        self._on_text = on_text
        self._autopilot = autopilot
        self._assembler = StatusTextAssembler()
        self._receiver = EventReceiver(own_address, autopilot.system, timing=timing)
        self._health: dict[Address, HealthReports] = {}
        self._custom_mode: int | None = None
        self._held: list[_Held] = []
        self._without_events: set[Address] = set()
        self._last_event_s: dict[tuple[Address, bool], float] = {}  # sender, whether a warning or worse
        self._said: list[Announcement] = []

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if source.system != self._autopilot.system:
            return []
        if message.name == "HEARTBEAT" and source == self._autopilot:
            self._set_mode(message.custom_mode)
        self._assembler.receive(message, source, now)
        sent = self._receiver.receive(message, source, now)
        self._take(now)
        return sent

    def receive_text(self, text: StatusText, now: float) -> None:
        """Take a text that is whole already."""
        self._take_text(text, now)
        self._take(now)

    def tick(self, now: float) -> list[Message]:
        if self._assembler.deadline is not None and now >= self._assembler.deadline:
            self._assembler.tick(now)
        sent = self._receiver.tick(now)
        self._take(now)
        return sent

    def texts(self) -> list[Announcement]:
        """Return the texts for the operator since the last call."""
        said, self._said = self._said, []
        return said

    @property
    def sends_events(self) -> bool:
        """Whether the autopilot sends events."""
        return self._receiver.heard(self._autopilot)

    def failing_checks(self, custom_mode: int | None = None) -> list[DecodedEvent]:
        """Return the checks of the autopilot that fail, for a flight mode (None: any), the most severe first."""
        health = self._health.get(self._autopilot)
        return health.concerning(self.table, custom_mode) if health else []

    def _set_mode(self, custom_mode: int) -> None:
        if custom_mode == self._custom_mode:
            return
        self._custom_mode = custom_mode
        health = self._health.get(self._autopilot)
        for check in health.mode_changed(self.table, custom_mode) if health else ():
            self._say_event(check, self._autopilot)

    def _take(self, now: float) -> None:
        for event in self._receiver.events():
            self._take_event(event, now)
        for source, count in self._receiver.lost().items():
            if not self._tells_lost:
                continue
            what = "1 event was" if count == 1 else f"{count} events were"
            self._said.append(Announcement(NOTICE, f"{what} lost on the link", self._sender(source)))
        for text in self._assembler.texts():
            self._take_text(text, now)
        self._release(now)
        held = [held.since_s + EVENT_TEXT_WAIT_S for held in self._held]
        times = [self._assembler.deadline, self._receiver.deadline, *held]
        self.deadline = min((time for time in times if time is not None), default=None)
        if self._on_text is not None:
            for said in self.texts():
                self._on_text(said)

    def _take_event(self, received: ReceivedEvent, now: float) -> None:
        source = received.source
        self._without_events.discard(source)
        event = self.table.decode(received.message)
        if event.known and event.shown:
            for grave in {False, event.severity <= WARNING}:
                self._last_event_s[source, grave] = now
        if is_health(event):
            health = self._health.setdefault(source, HealthReports())
            for check in health.receive(event, self.table, self._custom_mode):
                self._say_event(check, source)
        elif event.shown:
            self._say_event(event, source)

    def _say_event(self, event: DecodedEvent, source: Address) -> None:
        name = event.name or str(event.event_id)
        self._said.append(Announcement(event.severity, event.text, self._sender(source), name))

    def _take_text(self, text: StatusText, now: float) -> None:
        if has_old_severities(text.text):
            self._old_severities.add(text.source)
        if text.source in self._old_severities:
            text = replace(text, severity=mavlink_severity(text.severity))
        if text.is_event and len(self.table) and text.source not in self._without_events:
            self._held.append(_Held(text, now))
        else:
            self._say_text(text)

    def _say_text(self, text: StatusText) -> None:
        self._said.append(Announcement(text.severity, text.text, self._sender(text.source)))

    def _release(self, now: float) -> None:
        """Drop the held texts whose event has come, and say those that have waited long enough."""
        kept = []
        for held in self._held:
            event_s = self._last_event_s.get((held.text.source, held.text.severity <= WARNING))
            if event_s is not None and event_s >= held.since_s - EVENT_TEXT_WAIT_S:
                continue
            if now >= held.since_s + EVENT_TEXT_WAIT_S:
                self._say_text(held.text)
                if not self._receiver.heard(held.text.source):
                    self._without_events.add(held.text.source)
            else:
                kept.append(held)
        self._held = kept

    def _sender(self, source: Address) -> str:
        return AUTOPILOT if source == self._autopilot else component_name(source.component)


class BoxTexts(StateMachine[None]):
    """Receives the status texts of ground boxes: senders at the address `box`, or that announce their record.

    `texts()` returns the texts since the last call; with `on_text`, that is called with each text instead.
    """

    def __init__(self, box: Address, *, on_text: Callable[[Announcement], None] | None = None) -> None:
        super().__init__()
        self._boxes = {box}
        self._on_text = on_text
        self._assembler = StatusTextAssembler()

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if is_box_record(message):
            self._boxes.add(source)
        if source in self._boxes:
            self._assembler.receive(message, source, now)
            self._pass_on()
        return []

    def tick(self, now: float) -> list[Message]:
        self._assembler.tick(now)
        self._pass_on()
        return []

    def texts(self) -> list[Announcement]:
        """Return the texts since the last call."""
        return [Announcement(text.severity, text.text, BOX_NAME) for text in self._assembler.texts()]

    def _pass_on(self) -> None:
        self.deadline = self._assembler.deadline
        if self._on_text is not None:
            for said in self.texts():
                self._on_text(said)
