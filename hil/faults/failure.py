"""MAV_CMD_INJECT_FAILURE as entries of the fault schedule.

Numbers are those of FAILURE_UNIT and FAILURE_TYPE in MAVLink's common.xml. The command has no amount; the amounts
here show clearly in a flight. As in PX4, a GPS that is WRONG reports another position.
"""

from __future__ import annotations

from collections.abc import Iterable

from controller.wire.enums import FAILURE_TYPE, FAILURE_UNIT
from hil.errors import ScenarioError
from hil.faults.schedule import Fault, Kind, Part

UNITS = {
    FAILURE_UNIT.SENSOR_GYRO: Part.GYRO,
    FAILURE_UNIT.SENSOR_ACCEL: Part.ACCEL,
    FAILURE_UNIT.SENSOR_MAG: Part.MAG,
    FAILURE_UNIT.SENSOR_BARO: Part.BARO,
    FAILURE_UNIT.SENSOR_GPS: Part.GPS,
    FAILURE_UNIT.SENSOR_DISTANCE_SENSOR: Part.RANGEFINDER,
    FAILURE_UNIT.SENSOR_AIRSPEED: Part.AIRSPEED,
    FAILURE_UNIT.SYSTEM_BATTERY: Part.BATTERY,
    FAILURE_UNIT.SYSTEM_MOTOR: Part.MOTOR,
}
KINDS = {
    FAILURE_TYPE.OFF: Kind.OFF,
    FAILURE_TYPE.STUCK: Kind.STUCK,
    FAILURE_TYPE.GARBAGE: Kind.GARBAGE,
    FAILURE_TYPE.WRONG: Kind.DRIFT,
    FAILURE_TYPE.DELAYED: Kind.DELAYED,
    FAILURE_TYPE.INTERMITTENT: Kind.INTERMITTENT,
}
OF_GPS = {FAILURE_TYPE.WRONG: Kind.SPOOF}
OF_MOTOR = {FAILURE_TYPE.OFF: Kind.DEAD, FAILURE_TYPE.WRONG: Kind.WEAK}
OF_BATTERY = {FAILURE_TYPE.WRONG: Kind.CELL}

DELAY_S = 0.2
PAUSE_S = 1.0
SPOOF_M = 100.0
CELL_V = 3.7
WEAK_SHARE = 0.7
# Amplitude of garbage (rad/s, m/s^2, gauss, Pa, m); drift per second is a tenth of it.
REACH = {
    Part.GYRO: 0.5,
    Part.ACCEL: 5.0,
    Part.MAG: 0.3,
    Part.BARO: 100.0,
    Part.GPS: 50.0,
    Part.AIRSPEED: 100.0,
    Part.RANGEFINDER: 5.0,
}


def with_injected_failure(
    schedule: Iterable[Fault], *, unit: float, kind: float, instance: float, now_s: float
) -> tuple[Fault, ...] | None:
    """Return the schedule after a command with parameters `unit`, `kind` and `instance`, at `now_s` since power-on.

    FAILURE_TYPE_OK removes the unit's faults. Returns None where the unit cannot fail in this way.
    """
    part = UNITS.get(int(unit)) if unit in UNITS else None
    if part is None or not 0.0 <= instance <= 255.0 or instance != int(instance):
        return None
    if kind == FAILURE_TYPE.OK:
        return tuple(f for f in schedule if f.part is not part or instance not in (0.0, float(f.instance)))
    kinds = {Part.MOTOR: OF_MOTOR, Part.BATTERY: OF_BATTERY, Part.GPS: KINDS | OF_GPS}.get(part, KINDS)
    fault_kind = kinds.get(int(kind)) if kind in kinds else None
    if fault_kind is None:
        return None
    amount = {
        Kind.DELAYED: DELAY_S,
        Kind.INTERMITTENT: PAUSE_S,
        Kind.SPOOF: SPOOF_M,
        Kind.CELL: CELL_V,
        Kind.WEAK: WEAK_SHARE,
        Kind.GARBAGE: REACH.get(part, 0.0),
        Kind.DRIFT: 0.1 * REACH.get(part, 0.0),
    }.get(fault_kind, 0.0)
    try:
        fault = Fault(part=part, kind=fault_kind, instance=int(instance), start_s=now_s, amount=amount)
    except ScenarioError:
        return None
    return (*schedule, fault)
