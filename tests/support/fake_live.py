"""A live connection whose other end is the test: aircraft in any state, and every command that the page sends."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]
ACTIONS = [
    "arm",
    "disarm",
    "emergency_stop",
    "takeoff",
    "goto",
    "altitude",
    "speed",
    "mode",
    "pause",
    "resume",
    "return",
    "land",
    "start_mission",
    "jump_to_item",
]
LAT_DEG, LON_DEG = 47.3977, 8.5456


def flying(age_s: float = 0.0, *, mode: str = "AUTO", armed: bool = True, in_air: bool = True) -> Json:
    """Return the state of a copter 25 m above home, every value `age_s` old."""
    age = {"age_s": age_s}
    return {
        "heartbeat": {**age, "armed": armed, "mode": mode},
        "position": {
            **age,
            "lat_deg": LAT_DEG,
            "lon_deg": LON_DEG,
            "alt_amsl_m": 433.0,
            "alt_rel_m": 25.0,
            "vel_ned": [5.0, 0.0, 0.0],
            "ground_speed_m_s": 5.0,
            "heading_deg": 10.0,
            "has_place": True,
        },
        "attitude": {**age, "roll_deg": 5.0, "pitch_deg": -3.0, "yaw_deg": 10.0},
        "speed": {**age, "ground_m_s": 5.0, "air_m_s": None, "climb_m_s": 0.2, "throttle_percent": 40},
        "battery": {**age, "voltage_v": 22.4, "current_a": 14.0, "remaining_percent": 76},
        "gps": {**age, "fix": 3, "fix_name": "3D_FIX", "satellites": 14, "hdop": 0.8},
        "mission": {**age, "current": 1, "total": 3, "reached": 0},
        "home": {"lat_deg": LAT_DEG - 0.001, "lon_deg": LON_DEG, "alt_amsl_m": 408.0},
        "in_air": in_air,
        "position_good": True,
        "armed_for_s": 60.0 if armed else None,
        "alarm": "",
        "last_message": age,
    }


class FakeLive:
    """Takes the place of the station's `/live` on `page`, from its next loading on; `role` is the page's role."""

    def __init__(self, page: Any, *aircraft: Json, role: str = "pilot") -> None:
        self.received: list[Json] = []
        """Messages that the page sent."""
        self._role = role
        self._aircraft = aircraft or (flying(),)
        self._socket: Any = None
        page.route_web_socket("**/live?*", self._open)
        page.reload()

    def send(self, message: Json) -> None:
        """Send a message to the page."""
        self._socket.send(json.dumps(message))

    def state(self, number: int, state: Json) -> None:
        """Send groups of the state of the aircraft with this system id."""
        self.send({"type": "state", "t_s": 0.0, "states": [{"id": f"{number}.1", **state}]})

    def orders(self) -> list[tuple[str, str, Json]]:
        """Return aircraft, name and values of the commands that the page sent."""
        acts = (message for message in self.received if message["type"] == "act")
        return [(act["aircraft"], act["name"], act["args"]) for act in acts]

    def _open(self, socket: Any) -> None:
        self._socket = socket
        socket.on_message(lambda text: self.received.append(json.loads(text)))
        self.send(
            {
                "type": "hello",
                "client": "page-1",
                "client_name": "page 1",
                "visitor": "visitor-1",
                "t_s": 0.0,
                "box_texts": [],
                "actions": [],
                "events": [],
                "role": self._role,
                "version": "0",
                "utc_us": 0,
                "record": "",
                "links": [],
                "aircraft": [self._info(number, state) for number, state in enumerate(self._aircraft, 1)],
            }
        )

    def _info(self, number: int, state: Json) -> Json:
        return {
            "id": f"{number}.1",
            "system": number,
            "title": f"ArduPilot copter {number}",
            "kind": "copter",
            "autopilot": "ArduPilot",
            "ground_vehicle": False,
            "modes": ["AUTO", "GUIDED", "LAND", "LOITER", "RTL"],
            "actions": ACTIONS,
            "pilot": "page-1" if self._role == "pilot" else None,
            "pilot_name": "",
            "pilot_gone": False,
            "asked_by": [],
            "mission": {"known": True, "items": [], "path": [], "fence": [], "rally": []},
            "state": state,
            "texts": [],
            "track": [],
        }
