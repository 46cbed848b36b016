"""Compiled sensing of a plant before a physics step: hardware faults, sensor samples, sensor faults."""

from __future__ import annotations

from hil.jit import stage
from hil.physics.state import Array
from hil.sensors.imu import sense_imu
from hil.sensors.layout import IMU_DT
from hil.sensors.noise import Streams
from hil.sensors.suite import FAST_STEPS, STEP_S, sense
from hil.sim.plant.fault_kernel import apply_hardware_faults, apply_sensor_faults


@stage
def imu_steps(records: Array) -> int:
    """Return the physics steps between two IMU samples."""
    return int(records[IMU_DT] / STEP_S + 0.5)


@stage
def sense_due(
    step: int,
    state: Array,
    inputs: Array,
    params: Array,
    wind: Array,
    errors: Array,
    records: Array,
    streams: Streams,
    readings: Array,
    raw: Array,
    held: Array,
    faults: Array,
    health: Array,
) -> None:
    """Sample the sensors due at this step: the IMU alone, or all at a multiple of FAST_STEPS."""
    now_s = step * STEP_S
    if step % FAST_STEPS == 0:
        apply_hardware_faults(now_s, faults, health, inputs, errors)
        sense(step, state, inputs, params, wind, errors, records, streams, raw)
    else:
        sense_imu(state, errors, records, streams, raw)
    apply_sensor_faults(now_s, faults, held, raw, readings)
