"""Events of the emulated PX4. Names, levels and arguments are those of recorded flights of 1.17."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from controller.wire.enums import MAV_BATTERY_CHARGE_STATE, MAV_SEVERITY
from hil.autopilot.stacks.stack_events import NOT_SHOWN, SentEvent, StackEvents

CRITICAL, ERROR = int(MAV_SEVERITY.CRITICAL), int(MAV_SEVERITY.ERROR)
INFO = int(MAV_SEVERITY.INFO)
ALL_MODES = 0xFFFFFFFF
MISSION_MODE, MODES_WITH_POSITION, MODES_WITH_ATTITUDE = 1 << 3, 0x38, 0x007EFFFE
BY_COMMAND, BY_LANDING, BY_PREFLIGHT = 4, 6, 7  # arm_disarm_reason_t
ACTIONS = {"LOITER": 5, "RTL": 6, "LAND": 7}  # failsafe_action_t
CAUSES = {"ground": 2, "low": 3, "critical": 4, "emergency": 5}  # failsafe_cause_t
_SYSTEM, _BATTERY, _ATTITUDE, _POSITION, _LINKS = 20, 11, 16, 24, 12  # health_component_t, by bit

Arguments = Callable[[re.Match[str]], tuple[float, ...]]


def _none(found: re.Match[str]) -> tuple[float, ...]:  # noqa: ARG001
    return ()


def _numbers(found: re.Match[str]) -> tuple[float, ...]:
    return tuple(int(group) for group in found.groups())


TEXTS: tuple[tuple[str, str, Arguments], ...] = (
    ("Armed by external command", "commander_armed_by", lambda _: (BY_COMMAND,)),
    ("Disarmed by external command", "commander_disarmed_by", lambda _: (BY_COMMAND,)),
    ("Disarmed by landing", "commander_disarmed_by", lambda _: (BY_LANDING,)),
    ("Disarmed by auto preflight disarming", "commander_disarmed_by", lambda _: (BY_PREFLIGHT,)),
    ("Executing Mission", "mission_execute", _none),
    ("Takeoff detected", "commander_takeoff_detected", _none),
    ("Landing detected", "commander_landing_detected", _none),
    (
        r"Climb to (-?[\d.]+) meters above home",
        "mission_climb_before_start",
        lambda found: (float(found[1]),),
    ),
    (r"RTL: start return at (-?\d+) m \((-?\d+) m above destination\)", "vrtl_return_at", _numbers),
    ("Returning to launch", "commander_rtl", _none),
    ("RTL: land at destination", "rtl_land_at_destination", _none),
    ("Mission finished, loitering", "mission_finished_loiter", _none),
    ("No valid mission available, loitering", "mission_not_valid_loiter", _none),
    (
        "Arming denied: Resolve system health failures first",
        "commander_arm_denied_resolve_failures",
        _none,
    ),
)
FAULTS = {
    "Attitude estimate not valid": ("check_modes_attitude", CRITICAL, MODES_WITH_ATTITUDE, _ATTITUDE),
    "Position estimate not valid": ("check_modes_global_pos", ERROR, MODES_WITH_POSITION, _POSITION),
    "No valid mission available": ("check_modes_mission", INFO, MISSION_MODE, _SYSTEM),
    "No connection to the GCS": ("check_rc_dl_no_dllink", ERROR, ALL_MODES, _LINKS),
}
BATTERY = {
    int(MAV_BATTERY_CHARGE_STATE.LOW): ("Low battery", "check_battery_low", CRITICAL),
    int(MAV_BATTERY_CHARGE_STATE.CRITICAL): ("Critical battery", "check_battery_critical", CRITICAL),
    int(MAV_BATTERY_CHARGE_STATE.EMERGENCY): ("Emergency battery level", "check_battery_emergency", 0),
}
_LOW_BATTERY = BATTERY[int(MAV_BATTERY_CHARGE_STATE.LOW)]


class Px4Events(StackEvents):
    """Events of PX4."""

    table = "px4"

    def of_text(self, text: str, severity: int) -> SentEvent | None:
        for pattern, name, arguments in TEXTS:
            found = re.fullmatch(pattern, text)
            if found:
                return SentEvent(name, severity, arguments(found))
        return None

    def in_report(self, text: str) -> bool:
        return any(text == battery[0] for battery in BATTERY.values())

    def report(self, faults: Sequence[str], battery_state: int) -> tuple[SentEvent, ...]:
        checks = [_check(*FAULTS[fault]) for fault in faults if fault in FAULTS]
        battery = BATTERY.get(battery_state) or (_LOW_BATTERY if _LOW_BATTERY[0] in faults else None)
        if battery is not None:
            checks.append(_check(battery[1], battery[2], ALL_MODES, _BATTERY))
        failing = 0
        for check in checks:
            failing |= int(check.arguments[0]) if check.severity <= ERROR else 0
        usable = ALL_MODES & ~failing
        begin = SentEvent("commander_arming_check_summary", NOT_SHOWN, (0, 0, 0, usable, usable))
        end = SentEvent("commander_health_summary", NOT_SHOWN, (0, 0, 0, 0))
        return (begin, *checks, end)


def _check(name: str, severity: int, modes: int, component: int) -> SentEvent:
    return SentEvent(name, severity, (modes, component))


def failsafe_event(mode: str, cause: str, wait_s: float, custom_mode: int) -> SentEvent:
    """Return the event of a failsafe that changes to `mode`, after `wait_s` in Hold where that is not 0."""
    action, number = ACTIONS.get(mode, 0), CAUSES.get(cause, 0)
    if number == 0:
        name = "commander_failsafe_enter_generic" + ("_hold" if wait_s > 0 else "")
        return SentEvent(name, CRITICAL, (custom_mode, action, *((round(wait_s),) if wait_s > 0 else ())))
    if wait_s > 0:
        return SentEvent(
            "commander_failsafe_enter_hold", CRITICAL, (custom_mode, action, round(wait_s), number)
        )
    return SentEvent("commander_failsafe_enter", CRITICAL, (custom_mode, action, number))
