"""Take off, climb to 10 m, land: a pymavlink script for an ArduPilot copter.

    landline run examples/take_off_and_land.py --sim quad_x --sealed

Landline holds the links, and gives the script one of its own in LANDLINE_LINK.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from pymavlink import mavutil

HEIGHT_M = 10.0


def main() -> None:
    """Fly."""
    link = mavutil.mavlink_connection(os.environ["LANDLINE_LINK"])
    link.wait_heartbeat(timeout=30)
    aircraft = link.target_system, link.target_component
    link.mav.request_data_stream_send(*aircraft, mavutil.mavlink.MAV_DATA_STREAM_ALL, 4, 1)
    wait(link, "EKF_STATUS_REPORT", lambda report: report.flags & mavutil.mavlink.ESTIMATOR_POS_HORIZ_ABS)

    link.set_mode("GUIDED")
    wait(link, "HEARTBEAT", lambda heartbeat: mavutil.mode_string_v10(heartbeat) == "GUIDED")
    link.arducopter_arm()
    wait(link, "HEARTBEAT", lambda _: link.motors_armed())
    link.mav.command_long_send(*aircraft, mavutil.mavlink.MAV_CMD_NAV_TAKEOFF, 0, 0, 0, 0, 0, 0, 0, HEIGHT_M)
    top = wait(link, "GLOBAL_POSITION_INT", lambda at: at.relative_alt > 950 * HEIGHT_M)
    print(f"at {top.relative_alt / 1000:.1f} m", flush=True)

    link.set_mode("LAND")
    wait(link, "HEARTBEAT", lambda _: not link.motors_armed())
    print("landed")


def wait(link: Any, kind: str, good: Callable[[Any], Any]) -> Any:
    """Return the first message of this kind that is as wanted. Raises TimeoutError."""
    for _ in range(400):
        message = link.recv_match(type=kind, blocking=True, timeout=10)
        if message is None:
            break
        if message.get_srcSystem() == link.target_system and good(message):
            return message
    raise TimeoutError(f"no {kind} as expected")


if __name__ == "__main__":
    main()
