"""Error of all readers and writers of mission files."""

from __future__ import annotations

from controller.errors import UserError


class PlanError(UserError):
    """Invalid mission file or plan. `where` is file and field (`a.plan: mission.items[3].params`) or file:line."""
