"""Names of DJI's aircraft and cameras by the numbers of WPML, from DJI's Cloud API documents ("Common Elements")."""

from __future__ import annotations

import json
from dataclasses import replace

from controller.errors import UserError
from controller.missions.plan import Plan

#: Key of a plan's `extra` with what only a DJI aircraft knows, so that writing it again keeps it.
EXTRA = "wpml"

DRONES: dict[tuple[int, int], str] = {
    (60, 0): "M300 RTK",
    (67, 0): "M30",
    (67, 1): "M30T",
    (77, 0): "M3E",
    (77, 1): "M3T",
    (77, 2): "M3M",
    (89, 0): "M350 RTK",
    (91, 0): "M3D",
    (91, 1): "M3TD",
}
PAYLOADS: dict[int, str] = {
    42: "H20",
    43: "H20T",
    52: "M30 camera",
    53: "M30T camera",
    61: "H20N",
    66: "M3E camera",
    67: "M3T camera",
    68: "M3M camera",
    80: "M3D camera",
    81: "M3TD camera",
    82: "H30",
    83: "H30T",
    65534: "PSDK payload",
}
#: Camera that is fixed to a drone.
OWN_PAYLOADS: dict[tuple[int, int], int] = {
    (67, 0): 52,
    (67, 1): 53,
    (77, 0): 66,
    (77, 1): 67,
    (77, 2): 68,
    (91, 0): 80,
    (91, 1): 81,
}


def for_drone(plan: Plan, name: str | None) -> Plan:
    """Return the plan, to be written for a DJI aircraft of this name. Raises UserError for an unknown one."""
    if name is None:
        return plan
    found = {title.casefold().replace(" ", ""): numbers for numbers, title in DRONES.items()}
    numbers = found.get(name.casefold().replace(" ", ""))
    if numbers is None:
        raise UserError(
            f"unknown DJI aircraft '{name[:40]}'", where="--drone", hint=f"use {', '.join(DRONES.values())}"
        )
    extra = json.loads(plan.extra) if plan.extra else {}
    kept = extra.get(EXTRA)
    rest = {key: value for key, value in kept.items() if key != "payload"} if isinstance(kept, dict) else {}
    return replace(plan, extra=json.dumps({**extra, EXTRA: {**rest, "drone": list(numbers)}}, sort_keys=True))


def drone_name(kind: int, sub_kind: int) -> str:
    """Return the name of an aircraft, or its numbers."""
    return DRONES.get((kind, sub_kind)) or DRONES.get((kind, 0)) or f"number {kind}-{sub_kind}"


def payload_name(kind: int) -> str:
    """Return the name of a camera, or its number."""
    return PAYLOADS.get(kind, f"payload {kind}")
