"""Timeouts and retry counts of all MAVLink services, each with its source.

Times are seconds. The ground station's values suit a link with a round trip well under a second; `Timing.stretched`
returns the values for a slower link. The vehicle's values are those of ArduPilot and PX4, so that a simulated
autopilot gives up when a real one would. Sources: MAVLink developer guide (services/*.md), QGroundControl, MAVSDK,
ArduPilot, PX4.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Wait `timeout_s` for an answer and repeat the request at most `retries` times. `source` justifies the values."""

    timeout_s: float
    retries: int
    source: str


@dataclass(frozen=True, slots=True)
class Timing:
    """Timeouts and retries of the ground station, by service."""

    command: RetryPolicy = RetryPolicy(
        1.0, 5, "between MAVSDK (0.5 s, 3 retries) and QGC (3 s, 3 retries); 6 s in all"
    )
    command_running: RetryPolicy = RetryPolicy(
        10.0, 0, "guide: much longer after IN_PROGRESS; no retry, a repeated command would start again"
    )
    mission_open: RetryPolicy = RetryPolicy(
        1.5, 5, "guide: 1.5 s, 5 retries (MISSION_COUNT, MISSION_REQUEST_LIST)"
    )
    mission_busy: RetryPolicy = RetryPolicy(
        1.5,
        8,
        "an aircraft ends an interrupted transfer after 8 s (ArduPilot), 5 s (PX4)",
    )
    mission_resend: RetryPolicy = RetryPolicy(
        1.5,
        7,
        "guide: 1.5 s between requests; ArduPilot repeats its request each second and gives up after 8 s",
    )
    mission_item: RetryPolicy = RetryPolicy(
        1.0,
        10,
        "guide: 0.25 s, 5 retries; at 20 % loss each way 5 retries fail once in 460 items, 10 once in 75,000",
    )
    mission_count_check: RetryPolicy = RetryPolicy(1.5, 5, "guide: 1.5 s, 5 retries for the last MISSION_ACK")
    mission_error_wait: RetryPolicy = RetryPolicy(
        2.5, 0, "longer than any autopilot's repeat interval (ArduPilot 1 s plus stream slow-down)"
    )
    mission_restarts: int = 5  # ours
    param: RetryPolicy = RetryPolicy(1.0, 7, "QGC 1 s; more retries than its 2 to 5, for lossy radios")
    param_list_start: RetryPolicy = RetryPolicy(5.0, 4, "QGC: 5 s, 4 retries for PARAM_REQUEST_LIST")
    param_list_silence: RetryPolicy = RetryPolicy(
        1.5,
        20,
        "QGC 3 s, MAVProxy 1 s without a PARAM_VALUE before missing indices are requested; rounds without a new value",
    )
    param_gap_batch: int = 10  # QGC requests 10 missing indices at a time
    request: RetryPolicy = RetryPolicy(1.0, 5, "as for commands; QGC waits 1 s for the message after its ACK")
    mission_set_current: RetryPolicy = RetryPolicy(
        1.5, 5, "guide gives none for MISSION_SET_CURRENT; its default is 1.5 s, 5 retries"
    )
    ftp: RetryPolicy = RetryPolicy(
        1.0, 10, "guide: 50 ms, 6 retries for a clean fast link; else as for mission items"
    )
    ftp_busy: RetryPolicy = RetryPolicy(
        2.0,
        6,
        "with long pauses between: PX4 closes an idle session after 12 s, ArduPilot gives it away after 3 s",
    )
    log_list: RetryPolicy = RetryPolicy(
        2.0, 5, "QGC repeats the request after 5 s; ArduPilot sends an entry each 10 ms"
    )
    log_data: RetryPolicy = RetryPolicy(
        1.0, 20, "QGC checks after 0.5 s; at 40 % loss each way 20 retries fail once in 12,000 missing ranges"
    )
    event: RetryPolicy = RetryPolicy(
        0.5,
        10,
        "ours: libevents repeats each 0.1 s without end; at 40 % loss each way 10 retries fail once in 130 gaps",
    )
    timesync: RetryPolicy = RetryPolicy(1.0, 10, "PX4 and MAVROS send TIMESYNC at 1 to 10 Hz")

    def stretched(self, factor: float) -> Timing:
        """Return the timing with all timeouts multiplied by `factor` (at least 1)."""
        factor = max(1.0, factor)
        longer: dict[str, Any] = {
            field.name: replace(value, timeout_s=value.timeout_s * factor)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), RetryPolicy)
        }
        return replace(self, **longer)


DEFAULT_TIMING = Timing()

ROUND_TRIP_S = 0.5  # round trip for which the values above hold
RATE_BPS = 57_600  # usual rate of a telemetry radio


def for_link(*, round_trip_s: float = 0.0, rate_bps: float | None = None) -> Timing:
    """Return the timing for a link with this measured round trip and this rate in bits per second (None: fast)."""
    slow = RATE_BPS / rate_bps if rate_bps else 1.0
    return DEFAULT_TIMING.stretched(max(round_trip_s / ROUND_TRIP_S, slow))


class RoundTripEstimator:
    """Smooths measured round trips and derives a timeout from them, at most the fixed timeout."""

    MIN_TIMEOUT_S = 0.25  # guide: for mission items

    def __init__(self) -> None:
        self._mean_s: float | None = None
        self._spread_s = 0.0

    def add(self, seconds: float) -> None:
        """Add the round trip of a request that was sent once. Smoothing as in TCP (RFC 6298)."""
        if self._mean_s is None:
            self._mean_s, self._spread_s = seconds, seconds / 2
            return
        self._spread_s += (abs(seconds - self._mean_s) - self._spread_s) / 4
        self._mean_s += (seconds - self._mean_s) / 8

    def timeout_s(self, longest_s: float) -> float:
        """Return the time to wait before repeating a request, at most `longest_s`."""
        if self._mean_s is None:
            return longest_s
        return min(longest_s, max(self.MIN_TIMEOUT_S, 1.5 * self._mean_s + 4 * self._spread_s))


@dataclass(frozen=True, slots=True)
class VehicleTiming:
    """Timeouts of an autopilot's mission service."""

    mission_rerequest_s: float
    mission_give_up_s: float
    source: str


ARDUPILOT = VehicleTiming(
    1.0, 8.0, "MissionItemProtocol.cpp: wp_recv_timeout_ms 1000, upload_timeout_ms 8000"
)
PX4 = VehicleTiming(0.25, 5.0, "mavlink_mission.h: RETRY_TIMEOUT 250 ms, PROTOCOL_TIMEOUT 5 s")

HEARTBEAT_INTERVAL_S = 1.0  # guide, heartbeat.md: 1 Hz
HEARTBEAT_LOST_S = (
    5.0  # guide: lost after four or five missed heartbeats; ArduPilot's FS_GCS_TIMEOUT is 5 s too
)
DEAD_MAN_S = 3.0  # ours: shorter than any autopilot's link-loss delay, longer than a garbage collection
COMMAND_REPEAT_S = 15.0  # ours: longer than any ground station retries one command (QGC 12 s)
COMMAND_DUPLICATE_S = 0.1  # ours: an equal command within this time was duplicated by the network
EVENT_SEQUENCE_S = 3.0  # PX4 repeats CURRENT_EVENT_SEQUENCE about every 3 s
EVENT_TEXT_WAIT_S = (
    1.5  # ours: the event of a status text comes within milliseconds, a requested one in a round trip
)
STATUSTEXT_ID_0_TIMEOUT_S = 0.5  # ours: PX4 sends the chunks of one text back to back
STATUSTEXT_TIMEOUT_S = 2.0  # ours: ArduPilot sends the chunks of one text back to back
