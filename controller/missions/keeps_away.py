"""Mark of a plan that keeps a stand-off from what it inspects: it is not to be entered or cut anywhere."""

from __future__ import annotations

import json
from dataclasses import replace

from controller.missions.plan import Plan

_KEY = "keepsStandOff"


def marked(plan: Plan, pattern: str) -> Plan:
    """Return the plan with the name of the pattern that planned it, in its file's fields."""
    kept = json.loads(plan.extra) if plan.extra else {"mission": {}}
    return replace(plan, extra=json.dumps(kept | {_KEY: pattern}, sort_keys=True, allow_nan=False))


def pattern_of(plan: Plan) -> str:
    """Return the pattern of a marked plan, "" for another."""
    held = json.loads(plan.extra).get(_KEY) if plan.extra else None
    return held if isinstance(held, str) else ""
