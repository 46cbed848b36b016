"""The limits of the review, each with its source. A value past `limit` is a finding; past `bad` it is a bad one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_VIBRATION = "ArduPilot wiki, Measuring Vibration"
_DIAGNOSING = "ArduPilot wiki, Diagnosing problems using Logs"
_ANALYZER = "ArduPilot, Tools/LogAnalyzer"
_FLIGHT_REVIEW = "PX4 Flight Review, configured_plots.py"


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit: `worse` says on which side a value is a finding. `counts` is True for a counter, whose growth is
    compared; `bad` is None where there is no second limit; `source` is the publication that sets them."""

    title: str
    worse: Literal["above", "below"]
    limit: float
    unit: str
    source: str
    counts: bool = False
    bad: float | None = None


LIMITS = {
    "vibration": Limit(
        "vibration",
        "above",
        30.0,
        "m/s/s",
        f"{_VIBRATION}: below 30 m/s/s is normally acceptable, above 60 nearly always a problem",
        bad=60.0,
    ),
    "vibration_px4": Limit(
        "vibration",
        "above",
        4.905,
        "m/s/s",
        f"{_FLIGHT_REVIEW}: accel_vibration_metric is orange from 4.905 m/s/s and red from 9.81",
        bad=9.81,
    ),
    "clipping": Limit(
        "clipping",
        "above",
        0.0,
        "times",
        f"{_VIBRATION}: ideally zero, low numbers (below 100) are likely fine",
        counts=True,
        bad=100.0,
    ),
    "filter": Limit(
        "filter",
        "above",
        1.0,
        "",
        "PX4 and ArduPilot EKF: a measurement whose test ratio is above 1 is rejected",
    ),
    "satellites": Limit(
        "gps satellites", "below", 6.0, "", "PX4, EKF2_REQ_NSATS; ArduPilot, EKF3 start-up check: at least 6"
    ),
    "hdop": Limit("gps hdop", "above", 1.4, "", "ArduPilot, GPS_HDOP_GOOD: 140 (hundredths)"),
    "eph": Limit("gps accuracy", "above", 3.0, "m", "PX4, EKF2_REQ_EPH: horizontal error at most 3 m"),
    "epv": Limit("gps accuracy", "above", 5.0, "m", "PX4, EKF2_REQ_EPV: vertical error at most 5 m"),
    "pdop": Limit(
        "gps pdop", "above", 2.5, "", "PX4, EKF2_REQ_PDOP: 2.5, of the root of HDOP and VDOP squared"
    ),
    "mag_low": Limit(
        "compass strength", "below", 185.0, "mGauss", "ArduPilot, AP_Arming: 185 to 875 mGauss, 530 expected"
    ),
    "mag_high": Limit(
        "compass strength", "above", 875.0, "mGauss", "ArduPilot, AP_Arming: 185 to 875 mGauss, 530 expected"
    ),
    "mag_expected": Limit(
        "compass against the earth's field",
        "above",
        200.0,
        "mGauss",
        "PX4, EKF2_MAG_CHK_STR: 0.2 Gauss off the World Magnetic Model; the model here is pygeomag's WMM",
    ),
    "mag_apart": Limit(
        "compasses apart",
        "above",
        90.0,
        "°",
        "ArduPilot, AP_Compass.h, AP_COMPASS_MAX_XYZ_ANG_DIFF: 90 degrees between two compasses",
    ),
    "mag_throttle": Limit(
        "motors on the compass",
        "above",
        30.0,
        "% of the field",
        f"{_DIAGNOSING}: below 30 % is acceptable, over 60 % when the throttle is raised is very bad",
        bad=60.0,
    ),
    "resistance": Limit(
        "battery resistance",
        "above",
        18.0,
        "mΩ a cell",
        "no manufacturer and no autopilot sets a limit; a shop's guide (uavmodel, FPV LiPo Internal Resistance Guide) "
        "calls 12 to 18 worn and more due for retirement; the wiring is included here: compare with earlier flights "
        "of the same battery",
    ),
    "cell": Limit(
        "battery sag",
        "below",
        3.6,
        "V a cell",
        "PX4, BAT1_V_EMPTY: 3.6 V a cell under load; Mission Planner sets BATT_LOW_VOLT to 3.6 and BATT_CRT_VOLT "
        "to 3.5",
        bad=3.5,
    ),
    "failsafe_voltage": Limit(
        "battery below its failsafe voltage",
        "below",
        10.5,
        "V",
        "ArduPilot, BATT_LOW_VOLT as set in this aircraft (10.5 V unless set); BAD is its BATT_CRT_VOLT",
    ),
    "failsafe_charge": Limit(
        "battery below its failsafe charge",
        "below",
        0.15,
        "of the charge",
        "PX4, BAT_LOW_THR as set in this aircraft (0.15 unless set); BAD is its BAT_CRIT_THR",
        bad=0.07,
    ),
    "vcc_low": Limit(
        "board power",
        "below",
        4.6,
        "V",
        f"{_ANALYZER}, TestVCC.py: at least 4.6 V; ArduPilot, BRD_VBUS_MIN: below 4.3 V it does not arm",
        bad=4.3,
    ),
    "vcc_swing": Limit(
        "board power swing",
        "above",
        0.15,
        "V",
        f"{_DIAGNOSING}: 0.10 to 0.15 V is normal; {_ANALYZER}, TestVCC.py warns from 0.3 V",
        bad=0.3,
    ),
    "motors": Limit(
        "motor balance",
        "above",
        75.0,
        "µs",
        f"{_ANALYZER}, TestMotorBalance.py: means 75 µs apart are a warning, 150 µs a failure",
        bad=150.0,
    ),
    "silence": Limit(
        "link loss",
        "above",
        5.0,
        "s",
        "ArduPilot, FS_GCS_TIMEOUT: 5 s; the MAVLink guide calls a link lost after four or five missed heartbeats",
    ),
    "loss": Limit(
        "frames lost",
        "above",
        5.0,
        "%",
        "AeroCoder, MAVLink Handbook, Packet loss detection: above 5 % is a problem of the link; "
        "Mission Planner, MainV2.cs, "
        "reduces the stream rates of a link below 70 %; the windows of 5 s are Landline's",
        bad=30.0,
    ),
    "cross_track": Limit(
        "off the planned line",
        "above",
        10.0,
        "m",
        "PX4, NAV_ACC_RAD: 10 m counts as reached; the radius set in the log's parameters if that is wider",
    ),
    "attitude_error": Limit(
        "attitude error",
        "above",
        30.0,
        "°",
        "ArduCopter, crash_check.cpp: 30 degrees off the wanted attitude for 1 s is a loss of control (parachute), "
        "for 2 s a crash",
        bad=60.0,
    ),
    "touch_down": Limit(
        "hard landing",
        "above",
        2.0,
        "m/s",
        "ArduCopter, LAND_SPEED: no landing is commanded faster than 2 m/s",
        bad=4.0,
    ),
    "estimate_off": Limit(
        "estimator divergence",
        "above",
        25.0,
        "m",
        "ArduPilot, EK3_GLITCH_RAD: 25 m between estimate and GPS is a glitch; here for 2 s with a 3D fix",
        bad=100.0,
    ),
}
