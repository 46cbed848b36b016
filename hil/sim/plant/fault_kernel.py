"""The schedule played inside compiled code: before the sensors are read, and on what they said."""

from __future__ import annotations

import math

import numpy as np

from hil.faults.schedule import AMOUNT, END_S, INSTANCE, KIND, MOST_DELAY_S, PART, START_S, Kind, Part
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
from hil.sensors.suite import FAST_STEPS, STEP_S

MOTOR, GPS, BATTERY = int(Part.MOTOR), int(Part.GPS), int(Part.BATTERY)
DEAD, WEAK, OFF, STUCK, DRIFT, JAM, CELL, GARBAGE, DELAYED, INTERMITTENT, SPOOF, GUST = (
    int(kind) for kind in Kind
)
# first reading and count of them, by part; without any, what is no sensor or breaks elsewhere
FIRST = (0, GYRO, ACCEL, MAG, BARO_PA, GPS_COUNT, 0, 0, 0, 0)
COUNT = (0, 3, 3, 3, 1, GPS_SATELLITES - GPS_COUNT + 1, 0, 0, 0, 0)
# What a delay remembers: rows of its sensor's readings, one for each moment they were made, as far back as it may go.
PAST = round(MOST_DELAY_S / (FAST_STEPS * STEP_S)) + 1


@stage
def apply_hardware_faults(now_s: float, faults: Array, health: Array, inputs: Array, errors: Array) -> None:
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
def apply_sensor_faults(now_s: float, faults: Array, held: Array, raw: Array, readings: Array) -> None:
    """Show `raw`, what the sensors measured, as the broken ones would; `held` remembers each sensor's last good values."""
    for i in range(READING_SIZE):
        readings[i] = raw[i]
    for row in range(faults.shape[0]):
        part, kind = int(faults[row, PART]), int(faults[row, KIND])
        if COUNT[part] == 0 or kind == JAM:
            continue
        first, count, amount = FIRST[part], COUNT[part], faults[row, AMOUNT]
        since_s = now_s - faults[row, START_S]
        moment = int(now_s / (FAST_STEPS * STEP_S) + 0.5)
        if kind == DELAYED:
            for i in range(count):
                held[row, moment % PAST * count + i] = raw[first + i]
            moment = max(0, moment - int(amount / (FAST_STEPS * STEP_S) + 0.5))
        if now_s < faults[row, START_S] or now_s >= faults[row, END_S]:
            if kind == STUCK:
                for i in range(count):
                    held[row, i] = raw[first + i]
            continue
        if kind == INTERMITTENT:
            if since_s % (2.0 * amount) >= amount:
                continue
            kind = OFF
        for i in range(count):
            if kind == STUCK:
                readings[first + i] = held[row, i]
            elif kind == DELAYED:
                readings[first + i] = held[row, moment % PAST * count + i]
            elif kind == OFF and part != GPS:
                readings[first + i] = 0.0
        if kind == OFF and part == GPS:
            readings[GPS_FIX] = 0.0
            readings[GPS_SATELLITES] = 0.0
        if kind == SPOOF:
            readings[GPS_POS] += amount
        if kind == GARBAGE:
            if part == GPS:
                first, count, moment = GPS_POS, 3, int(readings[GPS_COUNT])
            for i in range(count):
                # A number of the moment alone draws from no stream, so everything else stays as it was.
                readings[first + i] += amount * (
                    2.0 * ((moment * 0.7548776662 + i * 0.5698402910) % 1.0) - 1.0
                )
        if kind == DRIFT:
            gone = amount * since_s
            if part == GPS:
                readings[GPS_POS] += gone
            else:
                for i in range(count):
                    readings[first + i] += gone


def fault_memory(faults: Array) -> Array:
    """A row for each fault, as wide as the one that remembers most needs it."""
    sizes = [COUNT[int(fault[PART])] * {DELAYED: PAST, STUCK: 1}.get(int(fault[KIND]), 0) for fault in faults]
    return np.zeros((len(faults), max(sizes, default=0)))


def latch_readings(faults: Array, held: Array, raw: Array) -> None:
    """Start every sensor fault from what its sensor shows now."""
    for row in range(len(faults)):
        part = int(faults[row, PART])
        first, count = FIRST[part], COUNT[part]
        if count:
            times = held.shape[1] // count
            held[row, : times * count] = np.tile(raw[first : first + count], times)
