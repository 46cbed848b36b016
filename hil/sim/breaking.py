"""The schedule played inside compiled code: before the sensors are read, and on what they said."""

from __future__ import annotations

import math

from hil.faults.schedule import AMOUNT, END_S, INSTANCE, KIND, PART, START_S, Kind, Part
from hil.jit import stage
from hil.physics.state import MAX_ROTORS, VOLTAGE_LOSS, Array
from hil.sensors.layout import (
    ACCEL,
    BARO_PA,
    GPS_COUNT,
    GPS_FIX,
    GPS_JAMMED,
    GPS_POS,
    GPS_SATELLITES,
    GYRO,
    MAG,
    READING_SIZE,
)

MOTOR, GPS, BATTERY = int(Part.MOTOR), int(Part.GPS), int(Part.BATTERY)
DEAD, WEAK, OFF, STUCK, DRIFT, JAM, CELL = (int(kind) for kind in Kind)
# first reading and count of them, by part
FIRST = (0, GYRO, ACCEL, MAG, BARO_PA, GPS_COUNT, 0)
COUNT = (0, 3, 3, 3, 1, GPS_SATELLITES - GPS_COUNT + 1, 0)


@stage
def break_parts(now_s: float, faults: Array, health: Array, inputs: Array, errors: Array) -> None:
    """Set each motor's share of duty, the battery's lost voltage and whether GPS is jammed."""
    for i in range(MAX_ROTORS):
        health[i] = 1.0
    inputs[VOLTAGE_LOSS] = 0.0
    errors[GPS_JAMMED] = 0.0
    for row in range(faults.shape[0]):
        if now_s < faults[row, START_S] or now_s >= faults[row, END_S]:
            continue
        part, kind, amount = int(faults[row, PART]), int(faults[row, KIND]), faults[row, AMOUNT]
        if part == MOTOR:
            # Thrust goes with duty squared.
            share = 0.0 if kind == DEAD else math.sqrt(amount)
            for i in range(MAX_ROTORS):
                if faults[row, INSTANCE] == 0.0 or faults[row, INSTANCE] == i + 1:
                    health[i] *= share
        elif part == BATTERY:
            inputs[VOLTAGE_LOSS] += amount
        elif kind == JAM:
            errors[GPS_JAMMED] = 1.0


@stage
def spoil_readings(now_s: float, faults: Array, held: Array, raw: Array, readings: Array) -> None:
    """Show `raw`, what the sensors measured, as the broken ones would; `held` remembers each sensor's last good value."""
    for i in range(READING_SIZE):
        readings[i] = raw[i]
    for row in range(faults.shape[0]):
        part, kind = int(faults[row, PART]), int(faults[row, KIND])
        if part in (MOTOR, BATTERY) or kind == JAM:
            continue
        first, count = FIRST[part], COUNT[part]
        if now_s < faults[row, START_S] or now_s >= faults[row, END_S]:
            for i in range(count):
                held[row, i] = raw[first + i]
            continue
        for i in range(count):
            if kind == STUCK:
                readings[first + i] = held[row, i]
            elif kind == OFF and part != GPS:
                readings[first + i] = 0.0
        if kind == OFF and part == GPS:
            readings[GPS_FIX] = 0.0
            readings[GPS_SATELLITES] = 0.0
        if kind == DRIFT:
            gone = faults[row, AMOUNT] * (now_s - faults[row, START_S])
            if part == GPS:
                readings[GPS_POS] += gone
            else:
                for i in range(count):
                    readings[first + i] += gone


@stage
def hold_readings(faults: Array, held: Array, raw: Array) -> None:
    """Start every sensor fault from what its sensor shows now."""
    for row in range(faults.shape[0]):
        part = int(faults[row, PART])
        for i in range(COUNT[part]):
            held[row, i] = raw[FIRST[part] + i]
