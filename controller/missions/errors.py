"""The error of every reader and writer of mission files."""

from __future__ import annotations

from controller.errors import UserError


class PlanError(UserError):
    """A mission file, or a plan, cannot be used. `where` is file and field (`a.plan: mission.items[3].params`) or file:line."""
