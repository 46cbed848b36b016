"""Small flight folders: a copter that climbs to 20 m, flies north at 5 m/s for some seconds and lands."""

from __future__ import annotations

import json
import math
from pathlib import Path

from controller.clock import iso_utc
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.codec import Encoder

START_US = 1_779_000_000_000_000  # 2026-05-17T06:40:00Z
LAT, LON, FIELD_M = 47.3977, 8.5456, 488.0
METRE_DEG = 1 / 111_194.9266
STABILIZE, AUTO = 0, 3


def flight_frames(
    *, seconds: int = 20, roll: float = 0.1, lat_deg: float = LAT, start_us: int = START_US, alarms: int = 1
) -> bytes:
    """The telemetry log: one message of each kind a second, armed from the third second to the last but two."""
    aircraft, ground = Encoder(address(1, 1)), Encoder(GROUND_STATION)
    out = bytearray()
    for second in range(seconds):
        armed = 3 <= second < seconds - 2
        north_m = 5.0 * max(0, second - 5)
        home_m = 20.0 if 5 <= second < seconds - 3 else 0.0
        place = {
            "lat": round((lat_deg + north_m * METRE_DEG) * 1e7),
            "lon": round(LON * 1e7),
            "alt": round((FIELD_M + home_m) * 1000),
        }
        for message in [
            m.HEARTBEAT(
                type=2,
                autopilot=3,
                base_mode=81 + 128 * armed,
                custom_mode=AUTO if armed else STABILIZE,
            ),
            m.GLOBAL_POSITION_INT(
                time_boot_ms=second * 1000, **place, relative_alt=round(home_m * 1000), vx=300, vy=400, vz=-50
            ),
            m.ATTITUDE(time_boot_ms=second * 1000, roll=roll, pitch=-0.05, yaw=math.pi / 2),
            m.SYS_STATUS(voltage_battery=15200, current_battery=1520, battery_remaining=90 - second),
            m.GPS_RAW_INT(fix_type=3, **place, eph=121, satellites_visible=14),
            m.VFR_HUD(airspeed=6.5, groundspeed=5.0),
            m.BATTERY_STATUS(
                voltages=(15000, 200) + (65535,) * 8,
                current_battery=1520,
                current_consumed=second * 4,
                battery_remaining=90 - second,
            ),
        ]:
            out += (start_us + second * 1_000_000).to_bytes(8, "big") + aircraft.pack(message)
        beat = ground.pack(m.HEARTBEAT(type=6, autopilot=8))
        out += (start_us + second * 1_000_000 + 1).to_bytes(8, "big") + beat
    for number in range(alarms):
        text = aircraft.pack(m.STATUSTEXT(severity=4 - number, text=f"Battery {number} low"))
        out += (start_us + seconds * 1_000_000).to_bytes(8, "big") + text
    return bytes(out)


def write_flight(
    flights: Path,
    name: str = "20260517T064000Z-copter-1",
    *,
    outcome: str = "completed",
    warnings: int = 0,
    seconds: int = 20,
    roll: float = 0.1,
    lat_deg: float = LAT,
    start_us: int = START_US,
    alarms: int = 1,
) -> Path:
    """Write a flight folder without a hash chain."""
    folder = flights / name
    folder.mkdir(parents=True)
    (folder / "frames.tlog").write_bytes(
        flight_frames(seconds=seconds, roll=roll, lat_deg=lat_deg, start_us=start_us, alarms=alarms)
    )
    events = [
        {"utc": iso_utc(start_us), "t_s": 0.0, "kind": "start", "vehicle": "copter-1"},
        {"utc": iso_utc(start_us), "kind": "action", "name": "identify", "text": "ArduPilot copter 1 4.7.0"},
        *({"utc": iso_utc(start_us), "kind": "warning", "text": "gusts"} for _ in range(warnings)),
        {"utc": iso_utc(start_us + 3_000_000), "kind": "mode", "mode": "AUTO"},
        {"utc": iso_utc(start_us + seconds * 1_000_000), "kind": "end", "outcome": outcome},
    ]
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    (folder / "params.json").write_text(json.dumps({"WPNAV_SPEED": 500.0, "FRAME_CLASS": 1}))
    return folder
