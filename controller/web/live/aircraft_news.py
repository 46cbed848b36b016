"""News of one aircraft for the pages: what has changed since the last look, as JSON."""

from __future__ import annotations

import json
from typing import Any

from controller.app.gcs.aircraft import AircraftSession
from controller.app.gcs.control import Control
from controller.app.gcs.named_orders import available
from controller.clock import Clock, iso_utc
from controller.vehicle.state import ReceivedText, VehicleState
from controller.web.live import snapshot
from controller.web.live.onboard import EMPTY
from controller.web.live.snapshot import Fragment, Json
from controller.web.plans.staged import StagedPlans
from controller.wire import enums
from controller.wire.address import Address

NEVER_S = -1.0


class AircraftNews:
    """What the pages know of one aircraft. `control` tells which page has control of it."""

    def __init__(self, one: AircraftSession, control: Control) -> None:
        self.one = one
        self.id = aircraft_id(one.vehicle.address)
        self.onboard: Json = EMPTY
        """The mission on board, as the pages have it."""
        self.onboard_changes = 0
        self._control = control
        autopilot = one.vehicle.autopilot
        self._abilities: Json = {
            "modes": sorted(autopilot.modes),
            "actions": [*available(autopilot), *StagedPlans.orders],
        }
        self._state: VehicleState | None = None
        self._others: dict[str, object] = {}
        self._told_s: float | None = NEVER_S
        self._info: Json = {}

    def groups(self) -> dict[str, Fragment]:
        """Return the groups of the state that have changed since the last call."""
        state, before = self.one.vehicle.state, self._state
        if state is before:
            return {}
        self._state = state
        return snapshot.changed_groups(state, before, self.one.vehicle.autopilot.number_of)

    def slow_groups(self) -> dict[str, Fragment]:
        """Return what need not be told more often than once a second, as far as it has changed."""
        one, found = self.one, {}
        armed_for_s = one.armed_for_s
        others: dict[str, object] = {
            "armed_for_s": None if armed_for_s is None else round(armed_for_s),
            "alarm": one.alarm,
        }
        for name, value in others.items():
            if name not in self._others or self._others[name] != value:
                found[name] = snapshot.plain(value)
        self._others = others
        at_s = one.vehicle.state.last_message_at_s
        if at_s is not None and at_s != self._told_s:
            self._told_s = at_s
            found["last_message"] = Fragment('{"heard":true', at_s)
        return found

    def changed_info(self) -> Json | None:
        """Return the description of the aircraft, None where the pages have it."""
        info = self.info()
        if info == self._info:
            return None
        self._info = info
        return info

    def info(self) -> Json:
        """Return the description of the aircraft: what it is and can do, and who has control."""
        vehicle, control = self.one.vehicle, self._control
        return {
            "id": self.id,
            "system": vehicle.address.system,
            "title": self.one.title,
            "kind": vehicle.autopilot.kind.value,
            "autopilot": vehicle.autopilot.name,
            "ground_vehicle": vehicle.state.is_ground_vehicle,
            **self._abilities,
            "pilot": control.holder.client if control.holder else None,
            "pilot_name": control.holder.name if control.holder else "",
            "pilot_gone": control.gone_since_s is not None,
            "asked_by": [{"client": page.client, "name": page.name} for page in control.asked_at_s],
        }

    def hello(self, clock: Clock, most_points: int) -> Json:
        """Return everything that a page which has just opened needs, with a track of at most `most_points`."""
        now, vehicle = clock.now(), self.one.vehicle
        groups = snapshot.changed_groups(vehicle.state, None, vehicle.autopilot.number_of)
        state: dict[str, Any] = {name: json.loads(part.at(now)) for name, part in groups.items()}
        armed_for_s = self.one.armed_for_s
        at_s = vehicle.state.last_message_at_s
        return {
            **self.info(),
            "state": {
                **state,
                "armed_for_s": None if armed_for_s is None else round(armed_for_s),
                "alarm": self.one.alarm,
                "last_message": None if at_s is None else {"heard": True, "age_s": round(now - at_s, 3)},
            },
            "texts": [text_json(text, clock) for text in vehicle.state.texts],
            "track": self.one.track.thinned(most_points),
            "mission": self.onboard,
        }


def text_json(text: ReceivedText, clock: Clock) -> Json:
    """Return a text of an aircraft or of the ground box."""
    age_s = clock.now() - text.at_s
    return {
        "utc": iso_utc(round(clock.utc_us() - age_s * 1e6)),
        "age_s": round(age_s, 3),
        "severity": text.severity,
        "severity_name": enums.describe("MAV_SEVERITY", text.severity).lower(),
        "text": text.text,
        "sender": text.sender,
        "event": text.event,
    }


def aircraft_id(address: Address) -> str:
    """Return the name of an aircraft in the messages: system and component."""
    return f"{address.system}.{address.component}"
