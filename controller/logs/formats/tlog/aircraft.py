"""The aircraft of a telemetry log: a router or a swarm's ground station records several, and not every heartbeat is an
aircraft's."""

from __future__ import annotations

import numpy as np

from controller.logs.formats.contents import LoggedAircraft
from controller.wire import aircraft
from controller.wire.columns import Columns


def aircraft_in(columns: Columns) -> list[LoggedAircraft]:
    """The aircraft of a log, one for each system that has one, in the order of their first heartbeats."""
    beats = columns.tables.get("HEARTBEAT")
    if beats is None:
        return []
    # A byte each.
    parts = (beats.systems, beats.components, beats["type"], beats["autopilot"])
    kinds, first = np.unique(np.stack(parts, axis=1).view(">u4").reshape(-1), return_index=True)
    sure: dict[int, LoggedAircraft] = {}
    others: dict[int, LoggedAircraft] = {}
    for at in np.argsort(first, kind="stable").tolist():
        system, component, vehicle_type, autopilot = int(kinds[at]).to_bytes(4, "big")
        found = LoggedAircraft(system, component, vehicle_type, autopilot)
        if aircraft.is_aircraft(vehicle_type, autopilot, component):
            sure.setdefault(system, found)
        elif aircraft.may_be_aircraft(vehicle_type, autopilot, component):
            others.setdefault(system, found)
    return list((sure or others).values())
