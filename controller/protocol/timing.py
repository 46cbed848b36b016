"""Every timeout and retry count of the MAVLink services, in one table, each with where it comes from.

Times are seconds. The ground's values hold for a link whose round trip is well under a second; `Timing.stretched` gives
a table for a slower one. The vehicle's values are what ArduPilot and PX4 do, so that an emulated autopilot gives up when
a real one would. Sources: MAVLink developer guide (services/*.md), QGroundControl, MAVSDK, ArduPilot, PX4-Autopilot.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Wait `timeout_s` for an answer, ask again at most `retries` times. `source` says who does it like that."""

    timeout_s: float
    retries: int
    source: str


@dataclass(frozen=True, slots=True)
class Timing:
    """The ground's patience, service by service."""

    command: RetryPolicy = RetryPolicy(
        1.0, 5, "between MAVSDK (0.5 s, 3 retries) and QGC (3 s, 3 retries); 6 s in all"
    )
    command_running: RetryPolicy = RetryPolicy(
        10.0, 0, "guide: much longer after IN_PROGRESS; never asked again, a repeat would start it anew"
    )
    mission_open: RetryPolicy = RetryPolicy(
        1.5, 5, "guide: 1.5 s, 5 retries (MISSION_COUNT, MISSION_REQUEST_LIST)"
    )
    mission_busy: RetryPolicy = RetryPolicy(
        1.5,
        8,
        "an aircraft busy with a transfer that broke off frees itself after 8 s (ArduPilot), 5 s (PX4)",
    )
    mission_resend: RetryPolicy = RetryPolicy(
        1.5, 7, "guide: 1.5 s between requests; ArduPilot asks again each second and gives up after 8 s"
    )
    mission_item: RetryPolicy = RetryPolicy(
        1.0,
        10,
        "guide: 0.25 s, 5 retries for a clean link; at 20 % loss each way 5 fail once in 460 items, 10 once in 75,000",
    )
    mission_count_check: RetryPolicy = RetryPolicy(1.5, 5, "guide: 1.5 s, 5 retries for the last MISSION_ACK")
    mission_error_wait: RetryPolicy = RetryPolicy(
        2.5, 0, "longer than any autopilot takes to ask again (ArduPilot 1 s plus stream slow-down)"
    )
    mission_restarts: int = 5  # ours
    param: RetryPolicy = RetryPolicy(1.0, 7, "QGC 1 s; more retries than its 2 to 5, for lossy radios")
    param_list_start: RetryPolicy = RetryPolicy(5.0, 4, "QGC: 5 s, 4 retries for PARAM_REQUEST_LIST")
    param_list_silence: RetryPolicy = RetryPolicy(
        1.5,
        20,
        "QGC 3 s, MAVProxy 1 s without a PARAM_VALUE before gaps are asked for; rounds without any news",
    )
    param_gap_batch: int = 10  # QGC asks for 10 missing indices at a time
    request: RetryPolicy = RetryPolicy(1.0, 5, "as for commands; QGC waits 1 s for the message after its ACK")
    mission_set_current: RetryPolicy = RetryPolicy(
        1.5, 5, "guide gives none for MISSION_SET_CURRENT; its default is 1.5 s, 5 retries"
    )
    ftp: RetryPolicy = RetryPolicy(
        1.0, 10, "guide: 50 ms, 6 retries, for a clean fast link; as for mission items else"
    )
    ftp_busy: RetryPolicy = RetryPolicy(2.0, 11, "ArduPilot frees an idle session after 20 s at the latest")
    log_list: RetryPolicy = RetryPolicy(
        2.0, 5, "QGC asks again after 5 s; ArduPilot sends an entry each 10 ms"
    )
    log_data: RetryPolicy = RetryPolicy(
        1.0, 20, "QGC looks after 0.5 s; at 40 % loss each way 20 fail once in 12,000 holes"
    )
    timesync: RetryPolicy = RetryPolicy(1.0, 10, "PX4 and MAVROS send TIMESYNC at 1 to 10 Hz")

    def stretched(self, factor: float) -> Timing:
        """The same table with all timeouts `factor` times as long (at least 1: a fast link needs no shorter ones)."""
        factor = max(1.0, factor)
        longer: dict[str, Any] = {
            field.name: replace(value, timeout_s=value.timeout_s * factor)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), RetryPolicy)
        }
        return replace(self, **longer)


DEFAULT_TIMING = Timing()

ROUND_TRIP_S = 0.5  # what the table above was written for
RATE_BPS = 57_600  # the usual telemetry radio


def for_link(*, round_trip_s: float = 0.0, rate_bps: float | None = None) -> Timing:
    """The table for a link with this measured round trip and this rate in bits per second (None: fast)."""
    slow = RATE_BPS / rate_bps if rate_bps else 1.0
    return DEFAULT_TIMING.stretched(max(round_trip_s / ROUND_TRIP_S, slow))


class RoundTripEstimator:
    """The round trip as measured, smoothed; makes a timeout of it that is no longer than the table's."""

    SHORTEST_S = 0.25  # guide: for mission items

    def __init__(self) -> None:
        self._mean_s: float | None = None
        self._spread_s = 0.0

    def measured(self, seconds: float) -> None:
        """One answer to one request that was sent once. Smoothing as TCP does it (RFC 6298)."""
        if self._mean_s is None:
            self._mean_s, self._spread_s = seconds, seconds / 2
            return
        self._spread_s += (abs(seconds - self._mean_s) - self._spread_s) / 4
        self._mean_s += (seconds - self._mean_s) / 8

    def timeout_s(self, longest_s: float) -> float:
        """How long to wait before asking again."""
        if self._mean_s is None:
            return longest_s
        return min(longest_s, max(self.SHORTEST_S, 1.5 * self._mean_s + 4 * self._spread_s))


@dataclass(frozen=True, slots=True)
class VehicleTiming:
    """How an autopilot keeps time in its services."""

    mission_rerequest_s: float
    mission_give_up_s: float
    source: str


ARDUPILOT = VehicleTiming(
    1.0, 8.0, "MissionItemProtocol.cpp: wp_recv_timeout_ms 1000, upload_timeout_ms 8000"
)
PX4 = VehicleTiming(0.25, 5.0, "mavlink_mission.h: RETRY_TIMEOUT 250 ms, PROTOCOL_TIMEOUT 5 s")

HEARTBEAT_INTERVAL_S = 1.0  # guide, heartbeat.md: 1 Hz
HEARTBEAT_LOST_S = 5.0  # guide: lost after four or five missed ones; ArduPilot's FS_GCS_TIMEOUT is 5 s too
DEAD_MAN_S = 3.0  # ours: shorter than any autopilot's link-loss delay, longer than a garbage collection
COMMAND_REPEAT_S = 15.0  # ours: longer than any ground station goes on retrying one command (QGC 12 s)
COMMAND_DUPLICATE_S = 0.1  # ours: an equal first command so soon after is the network's doing
STATUSTEXT_TIMEOUT_S = 2.0  # ours: ArduPilot queues the pieces of one text back to back
