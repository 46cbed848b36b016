"""ArduPilot's SIM_ parameters for failures, as entries of the fault schedule.

Facts from ArduPilot's libraries/SITL/SITL.cpp, SIM_Aircraft.cpp, AP_Compass_SITL.cpp, AP_Baro_SITL.cpp and
AP_InertialSensor_SITL.cpp: SIM_ENGINE_FAIL is a mask of motors whose throttle SIM_ENGINE_MUL multiplies;
SIM_MAG1_FAIL is 1 for no data and 2 for the last value; a mask's first bit is the first sensor's; drift and glitch
are in m/s, degrees and metres.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hil.faults.schedule import Fault, Kind, Part

Value = Callable[[str], float]
PA_PER_M = 12.0  # near the ground
NORTH_M_PER_DEG = 111_195.0


def _motors(value: Value, now_s: float) -> tuple[Fault, ...]:
    mask, left = int(value("SIM_ENGINE_FAIL")), value("SIM_ENGINE_MUL")
    faults = []
    for number in range(1, 9):
        if not mask & (1 << (number - 1)) or left >= 1.0:
            continue
        # Thrust is proportional to throttle squared.
        kind = Kind.DEAD if left <= 0.0 else Kind.WEAK
        faults.append(
            Fault(part=Part.MOTOR, kind=kind, instance=number, start_s=now_s, amount=max(left, 0.0) ** 2)
        )
    return tuple(faults)


def _switch(
    name: str, part: Part, kind: Kind, *, bits: int = 0xFF
) -> Callable[[Value, float], tuple[Fault, ...]]:
    def made(value: Value, now_s: float) -> tuple[Fault, ...]:
        on = int(value(name)) & bits
        return (Fault(part=part, kind=kind, start_s=now_s),) if on else ()

    return made


def _amount(
    name: str, part: Part, kind: Kind, *, unit: float, most: float
) -> Callable[[Value, float], tuple[Fault, ...]]:
    def made(value: Value, now_s: float) -> tuple[Fault, ...]:
        amount = min(max(value(name), -most), most) * unit
        return (Fault(part=part, kind=kind, start_s=now_s, amount=amount),) if amount else ()

    return made


def _compass(value: Value, now_s: float) -> tuple[Fault, ...]:
    kind = {1: Kind.OFF, 2: Kind.STUCK}.get(int(value("SIM_MAG1_FAIL")))
    return () if kind is None else (Fault(part=Part.MAG, kind=kind, start_s=now_s),)


MAKERS: Mapping[str, Callable[[Value, float], tuple[Fault, ...]]] = {
    "SIM_ENGINE_FAIL": _motors,
    "SIM_ENGINE_MUL": _motors,
    "SIM_ACC_FAIL_MSK": _switch("SIM_ACC_FAIL_MSK", Part.ACCEL, Kind.OFF, bits=1),
    "SIM_GYR_FAIL_MSK": _switch("SIM_GYR_FAIL_MSK", Part.GYRO, Kind.OFF, bits=1),
    "SIM_BARO_DISABLE": _switch("SIM_BARO_DISABLE", Part.BARO, Kind.OFF),
    "SIM_BARO_FREEZE": _switch("SIM_BARO_FREEZE", Part.BARO, Kind.STUCK),
    "SIM_BARO_DRIFT": _amount("SIM_BARO_DRIFT", Part.BARO, Kind.DRIFT, unit=-PA_PER_M, most=100.0),
    "SIM_MAG1_FAIL": _compass,
    "SIM_GPS1_JAM": _switch("SIM_GPS1_JAM", Part.GPS, Kind.JAM),
    "SIM_GPS1_GLTCH_X": _amount("SIM_GPS1_GLTCH_X", Part.GPS, Kind.SPOOF, unit=NORTH_M_PER_DEG, most=1.0),
}


class ParameterFaults:
    """Faults made by parameters, so that a parameter set back removes only its own fault."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Fault, ...]] = {}

    def after(
        self, schedule: tuple[Fault, ...], name: str, value: Value, now_s: float
    ) -> tuple[Fault, ...] | None:
        """Return the schedule after a change of parameter `name`, None if it makes no faults. Raises ScenarioError."""
        maker = MAKERS.get(name)
        if maker is None:
            return None
        key = "SIM_ENGINE_FAIL" if maker is _motors else name
        old, new = self._made.get(key, ()), maker(value, now_s)
        self._made[key] = new
        return (*(fault for fault in schedule if not any(fault is one for one in old)), *new)
