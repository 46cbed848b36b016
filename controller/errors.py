"""Every error a user can meet, sorted by whose fault it is.

    LandlineError
     |- OurBug              1  we are wrong; a report file is written
     |- UserError           2  wrong usage or a bad file
     |- LinkError           3  no link, or the link was lost
     |- AircraftRefused     4  the aircraft said no
     |- SafetyRefused       5  we said no
     `- VerificationFailed  6  what came back is not what was sent

The number is the exit code of the command line. An error is one line: what happened, where, whose fault, what to do next.
"""

from __future__ import annotations


class LandlineError(Exception):
    """Base of all errors raised on purpose. `where` is a place (file:line, message and field, URL); `hint` says what to do next."""

    exit_code = 1
    whose = "Landline's fault"

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        next_step = f"; {self.hint}" if self.hint else ""
        # One line, whatever a foreign message brought along.
        return " ".join(f"{place}{self.what} ({self.whose}){next_step}".split())


class OurBug(LandlineError):
    """A state that our own code promised could not happen."""


class UserError(LandlineError):
    """A bad argument, URL, file or setting; the user can mend it."""

    exit_code = 2
    whose = "your input"


class LinkError(LandlineError):
    """A link could not be opened, was lost, or carried nothing in time."""

    exit_code = 3
    whose = "the link"


class AircraftRefused(LandlineError):
    """The aircraft answered, and the answer was no."""

    exit_code = 4
    whose = "the aircraft"


class SafetyRefused(LandlineError):
    """A check of ours refused to go on."""

    exit_code = 5
    whose = "a safety check"


class VerificationFailed(LandlineError):
    """Something read back (mission, log, scenario) differs from what it must be."""

    exit_code = 6
    whose = "verification"
