"""The limits a log is held to, each with the place it comes from. What passes `limit` is worth a look; past `bad` it is bad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_VIBRATION = "ArduPilot wiki, Measuring Vibration"
_DIAGNOSING = "ArduPilot wiki, Diagnosing problems using Logs"
_ANALYZER = "ArduPilot, Tools/LogAnalyzer"
_FLIGHT_REVIEW = "PX4 Flight Review, configured_plots.py"


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit. `counts` is True where the value is a counter and its growth is judged; `bad` None where there is no second
    limit. `source` names who set them."""

    title: str
    worse: Literal["above", "below"]
    limit: float
    unit: str
    source: str
    counts: bool = False
    bad: float | None = None


RULES = {
    "vibration": Rule(
        "vibration",
        "above",
        30.0,
        "m/s/s",
        f"{_VIBRATION}: below 30 m/s/s is normally acceptable, above 60 nearly always a problem",
        bad=60.0,
    ),
    "vibration_px4": Rule(
        "vibration",
        "above",
        4.905,
        "m/s/s",
        f"{_FLIGHT_REVIEW}: accel_vibration_metric is orange from 4.905 m/s/s and red from 9.81",
        bad=9.81,
    ),
    "clipping": Rule(
        "clipping",
        "above",
        0.0,
        "times",
        f"{_VIBRATION}: ideally zero, low numbers (below 100) are likely fine",
        counts=True,
        bad=100.0,
    ),
    "filter": Rule(
        "filter",
        "above",
        1.0,
        "",
        "PX4 and ArduPilot EKF: a measurement whose test ratio is above 1 is rejected",
    ),
    "satellites": Rule(
        "gps satellites", "below", 6.0, "", "PX4, EKF2_REQ_NSATS; ArduPilot, EKF3 start-up check: at least 6"
    ),
    "hdop": Rule("gps hdop", "above", 1.4, "", "ArduPilot, GPS_HDOP_GOOD: 140 (hundredths)"),
    "eph": Rule("gps accuracy", "above", 3.0, "m", "PX4, EKF2_REQ_EPH: horizontal error at most 3 m"),
    "epv": Rule("gps accuracy", "above", 5.0, "m", "PX4, EKF2_REQ_EPV: vertical error at most 5 m"),
    "pdop": Rule(
        "gps pdop", "above", 2.5, "", "PX4, EKF2_REQ_PDOP: 2.5, of the root of HDOP and VDOP squared"
    ),
    "mag_low": Rule(
        "compass strength", "below", 185.0, "mGauss", "ArduPilot, AP_Arming: 185 to 875 mGauss, 530 expected"
    ),
    "mag_high": Rule(
        "compass strength", "above", 875.0, "mGauss", "ArduPilot, AP_Arming: 185 to 875 mGauss, 530 expected"
    ),
    "mag_expected": Rule(
        "compass against the earth's field",
        "above",
        200.0,
        "mGauss",
        "PX4, EKF2_MAG_CHK_STR: 0.2 Gauss off the World Magnetic Model; the model here is pygeomag's WMM",
    ),
    "mag_apart": Rule(
        "compasses apart",
        "above",
        90.0,
        "°",
        "ArduPilot, AP_Compass.h, AP_COMPASS_MAX_XYZ_ANG_DIFF: 90 degrees between two compasses",
    ),
    "mag_throttle": Rule(
        "motors on the compass",
        "above",
        30.0,
        "% of the field",
        f"{_DIAGNOSING}: below 30 % is acceptable, over 60 % when the throttle is raised is really bad",
        bad=60.0,
    ),
    "resistance": Rule(
        "battery resistance",
        "above",
        18.0,
        "mΩ a cell",
        "no maker and no autopilot sets one; a shop's guide (uavmodel, FPV LiPo Internal Resistance Guide) calls 12 to 18 worn, "
        "more due for retirement; here wiring is part of it, so it is a hint: compare with the battery's own earlier flights",
    ),
    "cell": Rule(
        "battery sag",
        "below",
        3.6,
        "V a cell",
        "PX4, BAT1_V_EMPTY: 3.6 V a cell under load; Mission Planner sets BATT_LOW_VOLT to 3.6 and BATT_CRT_VOLT to 3.5",
        bad=3.5,
    ),
    "vcc_low": Rule(
        "board power",
        "below",
        4.6,
        "V",
        f"{_ANALYZER}, TestVCC.py: at least 4.6 V; ArduPilot, BRD_VBUS_MIN: below 4.3 V it does not arm",
        bad=4.3,
    ),
    "vcc_swing": Rule(
        "board power swing",
        "above",
        0.15,
        "V",
        f"{_DIAGNOSING}: 0.10 to 0.15 V is normal; {_ANALYZER}, TestVCC.py warns from 0.3 V",
        bad=0.3,
    ),
    "motors": Rule(
        "motor balance",
        "above",
        75.0,
        "µs",
        f"{_ANALYZER}, TestMotorBalance.py: means 75 µs apart are a warning, 150 µs a failure",
        bad=150.0,
    ),
    "silence": Rule(
        "link loss",
        "above",
        5.0,
        "s",
        "ArduPilot, FS_GCS_TIMEOUT: 5 s; the MAVLink guide calls a link lost after four or five missed heartbeats",
    ),
    "loss": Rule(
        "frames lost",
        "above",
        5.0,
        "%",
        "AeroCoder, MAVLink Handbook, Packet loss detection: above 5 % is a problem of the link; Mission Planner, MainV2.cs, "
        "asks a link of less than 70 % for less; the windows of 5 s are ours",
        bad=30.0,
    ),
    "cross_track": Rule(
        "off the planned line",
        "above",
        10.0,
        "m",
        "PX4, NAV_ACC_RAD: 10 m counts as reached; the log's own radius where that is wider",
    ),
}
