"""Control of an aircraft: which page may command it, and how control goes from one page to another. Without I/O.

    free        no page has control; the first one that takes it, or commands, has it
    held        the holder alone commands; another page may ask
    asked       the holder sees the question, and gives control or keeps it; the asking page may take it over after
                TAKE_OVER_AFTER_S, so that the holder sees it coming
    gone        the connection of the holder broke; after GONE_S the aircraft is free

Control that was given back, or whose page was closed by hand, is free at once. The operator at the terminal always may
command: it is there when no browser works.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from controller.errors import SafetyRefused
from controller.wire.address import Address

# The holder needs a moment to read the question; in an emergency two seconds more are bearable.
TAKE_OVER_AFTER_S = 2.0
ASKED_S = 60.0
# A page connects again within two seconds, a laptop that changes its network within some more. A longer time would
# leave an aircraft in the air with a pilot who is not there.
GONE_S = 10.0

How = Literal["taken", "asked", "given", "kept", "taken_over", "released", "gone", "back"]


@dataclass(frozen=True, slots=True)
class Page:
    """A page: `client` names it in messages, `name` for people, such as "page 2 of 192.168.1.7"."""

    client: str
    name: str


@dataclass(frozen=True, slots=True)
class ControlChange:
    """What happened to the control of an aircraft: `page` did it, `other` is the page that lost or asked for it."""

    aircraft: Address
    how: How
    page: Page
    other: Page | None = None

    @property
    def text(self) -> str:
        """What happened, for the operators and the record."""
        page, other = self.page.name, self.other.name if self.other else ""
        return {
            "taken": f"{page} has control",
            "asked": f"{page} asks {other} for control",
            "given": f"{page} gave control to {other}",
            "kept": f"{page} keeps control",
            "taken_over": f"{page} took control over from {other}",
            "released": f"{page} gave control back; the aircraft is free",
            "gone": f"{page} is gone for {GONE_S:.0f} s; the aircraft is free",
            "back": f"{page} is back and has control",
        }[self.how]


@dataclass(slots=True)
class Control:
    """Control of one aircraft. `asked_at_s` are the pages that asked, with the times of their questions."""

    holder: Page | None = None
    gone_since_s: float | None = None
    asked_at_s: dict[Page, float] = field(default_factory=dict)


class Controls:
    """The control of all aircraft. Times are seconds of one clock."""

    def __init__(self) -> None:
        self._controls: dict[Address, Control] = {}

    def control(self, aircraft: Address) -> Control:
        """Return the control of an aircraft."""
        return self._controls.setdefault(aircraft, Control())

    def check(self, aircraft: Address, client: str, title: str) -> None:
        """Refuse the order `title` of a page that has no control. Raises SafetyRefused."""
        holder = self.control(aircraft).holder
        if holder is None:
            raise SafetyRefused(f"cannot {title}: this page has no control", hint="take control first")
        if holder.client != client:
            raise SafetyRefused(f"cannot {title}: {holder.name} has control", hint="take control first")

    def take(self, aircraft: Address, page: Page, now: float, *, force: bool = False) -> ControlChange | None:
        """Take control of a free aircraft, else ask the holder for it; with `force` take it over.

        Returns None where the page has control already. Raises SafetyRefused for `force` without a question that the
        holder could read.
        """
        control = self.control(aircraft)
        holder = control.holder
        if holder == page:
            return None
        if holder is None:
            self._sit(control, page)
            return ControlChange(aircraft, "taken", page)
        self._forget_old(control, now)
        if not force:
            known = page in control.asked_at_s
            control.asked_at_s.setdefault(page, now)
            return None if known else ControlChange(aircraft, "asked", page, holder)
        asked_at_s = control.asked_at_s.get(page)
        if asked_at_s is None or (control.gone_since_s is None and now - asked_at_s < TAKE_OVER_AFTER_S):
            raise SafetyRefused(
                f"cannot take control over: {holder.name} has it and must be asked first",
                hint=f"ask for control, wait {TAKE_OVER_AFTER_S:.0f} s, then take it over",
            )
        self._sit(control, page)
        return ControlChange(aircraft, "taken_over", page, holder)

    def give(self, aircraft: Address, page: Page, client: str) -> ControlChange:
        """Give control to the page `client`, which has asked for it. Raises SafetyRefused."""
        control = self.control(aircraft)
        self.check(aircraft, page.client, "give control")
        asker = next((one for one in control.asked_at_s if one.client == client), None)
        if asker is None:
            raise SafetyRefused("cannot give control: that page has not asked for it, or is closed")
        self._sit(control, asker)
        return ControlChange(aircraft, "given", page, asker)

    def keep(self, aircraft: Address, page: Page) -> ControlChange | None:
        """Keep control: the questions of other pages end. Raises SafetyRefused."""
        self.check(aircraft, page.client, "keep control")
        asked = self.control(aircraft).asked_at_s
        if not asked:
            return None
        asked.clear()
        return ControlChange(aircraft, "kept", page)

    def release(self, aircraft: Address, page: Page) -> ControlChange | None:
        """Give control back, or withdraw the question for it."""
        control = self.control(aircraft)
        control.asked_at_s.pop(page, None)
        if control.holder != page:
            return None
        self._sit(control, None)
        return ControlChange(aircraft, "released", page)

    # Connections

    def closed(self, page: Page) -> Iterator[ControlChange]:
        """Free everything of a page that was closed by hand."""
        for aircraft in self._controls:
            change = self.release(aircraft, page)
            if change is not None:
                yield change

    def gone(self, page: Page, now: float) -> None:
        """Note that the connection to a page broke."""
        for control in self._controls.values():
            control.asked_at_s.pop(page, None)
            if control.holder == page:
                control.gone_since_s = now

    def back(self, page: Page) -> Iterator[ControlChange]:
        """Note that a page is connected again."""
        for aircraft, control in self._controls.items():
            if control.holder == page and control.gone_since_s is not None:
                control.gone_since_s = None
                yield ControlChange(aircraft, "back", page)

    def tick(self, now: float) -> Iterator[ControlChange]:
        """Free the aircraft of pages that are gone for too long."""
        for aircraft, control in self._controls.items():
            self._forget_old(control, now)
            holder = control.holder
            if holder and control.gone_since_s is not None and now - control.gone_since_s >= GONE_S:
                self._sit(control, None)
                yield ControlChange(aircraft, "gone", holder)

    def _sit(self, control: Control, page: Page | None) -> None:
        control.holder, control.gone_since_s = page, None
        control.asked_at_s.clear()

    def _forget_old(self, control: Control, now: float) -> None:
        for page, at_s in list(control.asked_at_s.items()):
            if now - at_s > ASKED_S:
                del control.asked_at_s[page]
