"""Errors of the simulator, sorted by whose fault they are (see `controller.errors` for the tree and the exit codes)."""

from __future__ import annotations

from controller.errors import OurBug, UserError


class AirframeError(UserError):
    """An airframe file is invalid or cannot be read; `where` names the file."""


class ScenarioError(UserError):
    """A fault, wind, start position or other setting cannot be simulated."""


class Diverged(OurBug):
    """The simulation diverged: a value became NaN or infinite; the message has time, stage and value."""
