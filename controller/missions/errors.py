"""Error of all readers and writers of mission files."""

from __future__ import annotations

from controller.errors import UserError


class PlanError(UserError):
    """Invalid mission file or plan. `where` is file:line, in a .plan also the field (`a.plan:41: mission.items[3]`)."""
