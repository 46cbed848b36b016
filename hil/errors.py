"""Errors of the simulator, sorted by whose fault they are (see `controller.errors` for the tree and the exit codes)."""

from __future__ import annotations

from controller.errors import OurBug, UserError


class AirframeError(UserError):
    """An airframe file that cannot fly or cannot be read; `where` names file and key."""


class ScenarioError(UserError):
    """A fault, wind or start position that the simulator cannot play."""


class Diverged(OurBug):
    """The physics left the numbers: says when, in which stage, with which value."""
