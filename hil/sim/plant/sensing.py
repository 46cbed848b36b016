"""What a plant's compiled loop does before a step of the physics: things break, sensors measure, and what they say is spoilt."""

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
    """Steps of the physics from one sample of the IMU to the next."""
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
    """At a step where the IMU samples: it alone, or everything that is due."""
    now_s = step * STEP_S
    if step % FAST_STEPS == 0:
        apply_hardware_faults(now_s, faults, health, inputs, errors)
        sense(step, state, inputs, params, wind, errors, records, streams, raw)
    else:
        sense_imu(state, errors, records, streams, raw)
    apply_sensor_faults(now_s, faults, held, raw, readings)
