"""Compiled faults: hardware faults before the sensors are sampled, sensor faults on their readings."""

from __future__ import annotations

import math

import numpy as np

from hil.faults.schedule import AMOUNT, END_S, INSTANCE, KIND, MAX_DELAY_S, PART, START_S, Kind, Part
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
# First reading and number of readings of each part; 0 readings: no sensor, or its faults are elsewhere.
FIRST = (0, GYRO, ACCEL, MAG, BARO_PA, GPS_COUNT, 0, 0, 0, 0)
COUNT = (0, 3, 3, 3, 1, GPS_SATELLITES - GPS_COUNT + 1, 0, 0, 0, 0)
# Samples of a sensor that a delay fault keeps, up to the longest delay.
PAST = round(MAX_DELAY_S / (FAST_STEPS * STEP_S)) + 1


@stage
def apply_hardware_faults(now_s: float, faults: Array, health: Array, inputs: Array, errors: Array) -> None:
    """Apply faults of motors (as `health`, a factor on duty), battery and GPS jamming."""
    for i in range(MAX_ROTORS):
        health[i] = 1.0
    inputs[VOLTAGE_LOSS] = 0.0
    errors[GPS_JAMMED] = 0.0
    for row in range(faults.shape[0]):
        if now_s < faults[row, START_S] or now_s >= faults[row, END_S]:
            continue
        part, kind, amount = int(faults[row, PART]), int(faults[row, KIND]), faults[row, AMOUNT]
        if part == MOTOR:
            # Thrust is proportional to duty squared.
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
    """Copy measured values `raw` to `readings` with sensor faults; `held` keeps samples for stuck and delayed."""
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
                # Pseudo-random numbers from the time alone use no stream, so all other noise stays the same.
                readings[first + i] += amount * (
                    2.0 * ((moment * 0.7548776662 + i * 0.5698402910) % 1.0) - 1.0
                )
        if kind == DRIFT:
            drift = amount * since_s
            if part == GPS:
                readings[GPS_POS] += drift
            else:
                for i in range(count):
                    readings[first + i] += drift


def fault_memory(faults: Array) -> Array:
    """Return a row for the samples kept by each fault, as long as the longest needs."""
    sizes = [COUNT[int(fault[PART])] * {DELAYED: PAST, STUCK: 1}.get(int(fault[KIND]), 0) for fault in faults]
    return np.zeros((len(faults), max(sizes, default=0)))


def latch_readings(faults: Array, held: Array, raw: Array) -> None:
    """Fill the kept samples of every fault with the present readings."""
    for row in range(len(faults)):
        part = int(faults[row, PART])
        first, count = FIRST[part], COUNT[part]
        if count:
            times = held.shape[1] // count
            held[row, : times * count] = np.tile(raw[first : first + count], times)
