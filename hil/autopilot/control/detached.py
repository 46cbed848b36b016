"""Control core without a simulated aircraft.

Another simulator provides the sensor readings and takes the actuator commands. The emulated autopilot runs so at the
far side of a bridge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hil.airframes.load import Airframe
from hil.autopilot.control.control_loop import ControlLoop
from hil.autopilot.control.control_step import position_loop, rate_loop
from hil.autopilot.control.estimator import predict_state, update_estimate
from hil.autopilot.control.estimator_types import Sensors, Vector3, sensors_from_array
from hil.faults.schedule import Fault
from hil.geodesy import Home
from hil.jit import stage
from hil.physics import params as pp
from hil.physics.state import Array
from hil.sensors import layout as sn
from hil.sensors.gps import WITHOUT_FIX
from hil.sensors.suite import FAST_STEPS, SLOW_STEPS, STEP_S


@dataclass(frozen=True, slots=True)
class ReceivedGroundTruth:
    """Ground truth received from the simulator; all zeros before the first message."""

    quaternion: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    euler_rad: Vector3 = (0.0, 0.0, 0.0)
    rates_frd: Vector3 = (0.0, 0.0, 0.0)
    vel_ned: Vector3 = (0.0, 0.0, 0.0)
    wind_ned: Vector3 = (0.0, 0.0, 0.0)
    lat_deg: float = 0.0
    lon_deg: float = 0.0
    alt_amsl_m: float = 0.0


class DetachedCore(ControlLoop):
    """A control core whose owner fills `readings` (laid out by `hil.sensors.layout`).

    The owner sets `indicated_airspeed_m_s` too, where there is a pitot tube.
    """

    battery_override_v: float | None = None
    gps_enabled = True
    faults: tuple[Fault, ...] = ()  # faults belong to the simulator
    supports_faults = False
    range_reading = None
    indicated_airspeed_m_s: float | None = None

    def __init__(self, airframe: Airframe, home: Home) -> None:
        self.airframe = airframe
        self.home = home
        self.read_ground_truth: Callable[[], ReceivedGroundTruth] = (
            ReceivedGroundTruth  # made only when it is read
        )
        self._readings = np.zeros(sn.READING_SIZE)
        self._readings[sn.BATTERY_V] = airframe.params[pp.OCV + pp.OCV_POINTS - 1]
        self._readings[sn.BATTERY_REMAINING] = 1.0
        self._readings[[sn.GPS_EPH, sn.GPS_EPV, sn.GPS_SPEED_ACC]] = WITHOUT_FIX
        self._time_s = 0.0
        self._init_core(airframe, home)

    @property
    def time_s(self) -> float:
        """Simulated seconds since power-on, by the simulator's clock."""
        return self._time_s

    @property
    def truth(self) -> ReceivedGroundTruth:
        """The ground truth that the simulator sent last."""
        return self.read_ground_truth()

    @property
    def readings(self) -> Array:
        """Sensor readings, written by the owner."""
        return self._readings

    @property
    def sensors(self) -> Sensors:
        """The sensor readings as a value."""
        return sensors_from_array(self._readings, self.home)

    def run_cycle(self, time_s: float, *, slow: bool) -> None:
        """Run one 250 Hz cycle on the present readings; `slow` on every fifth call, for the 50 Hz parts."""
        raise NotImplementedError


class DetachedMultirotor(DetachedCore):
    """A multirotor's control core."""

    def run_cycle(self, time_s: float, *, slow: bool) -> None:
        """Run one cycle, see `DetachedCore`."""
        self._time_s = time_s
        run_cycle(
            time_s, slow, self._est, self._cov, self._work, self._past,
            self._ctl, self._tune, self._matrix, self._readings,
        )  # fmt: skip


@stage
def run_cycle(
    now_s: float,
    slow: bool,
    est: Array,
    cov: Array,
    work: Array,
    past: Array,
    ctl: Array,
    tune: Array,
    matrix: Array,
    readings: Array,
) -> None:
    """Run one cycle of estimator and controllers. `work` is 3 x 15 x 15 of scratch memory."""
    predict_state(est, cov, readings, FAST_STEPS * STEP_S)
    if slow:
        update_estimate(now_s, est, cov, work[0], work[1], work[2, 0], past, readings)
        position_loop(est, ctl, tune, SLOW_STEPS * STEP_S)
    rate_loop(est, ctl, tune, matrix, FAST_STEPS * STEP_S)
