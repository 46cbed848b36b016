"""Errors a user can meet, sorted by origin.

    LandlineError
     |- OurBug              1  a bug in Landline; a report file is written
     |- UserError           2  wrong usage or an invalid file
     |- LinkError           3  no link, or the link was lost
     |- AircraftRefused     4  the aircraft refused
     |- SafetyRefused       5  a safety check refused
     `- VerificationFailed  6  the data read back differs from the data sent

The number is the exit code of the command line. An error is one line: problem, place, origin, next step.
"""

from __future__ import annotations


class LandlineError(Exception):
    """Base class of all intended errors.

    `what` is the problem, `where` the place (file:line, message and field, URL), `hint` the next step for the user.
    """

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
        # One line, even if a foreign error text has line breaks.
        return " ".join(f"{place}{self.what} ({self.whose}){next_step}".split())


class OurBug(LandlineError):
    """Bug in Landline: an internal invariant does not hold."""


class UserError(LandlineError):
    """Invalid argument, URL, file or setting; the user can correct it."""

    exit_code = 2
    whose = "your input"


class LinkError(LandlineError):
    """Link could not be opened, was lost, or delivered no answer in time."""

    exit_code = 3
    whose = "the link"


class AircraftRefused(LandlineError):
    """The aircraft refused a request."""

    exit_code = 4
    whose = "the aircraft"


class SafetyRefused(LandlineError):
    """A safety check of Landline refused to continue."""

    exit_code = 5
    whose = "a safety check"


class VerificationFailed(LandlineError):
    """Read-back or verification (mission, log, scenario) differs from the expected data."""

    exit_code = 6
    whose = "verification"
