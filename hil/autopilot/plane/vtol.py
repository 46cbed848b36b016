"""An aeroplane with lifting rotors: two control cores, and who of them has the aircraft.

What it is told decides: a set-point of wings is flown on wings, any other standing on the rotors. On the way to the wings the
rotors carry it level while the propeller pulls; on the way back the wing carries what it can while the air slows it down.
"""

from __future__ import annotations

import math
from dataclasses import replace
from enum import Enum

from hil.airframes.load import Airframe
from hil.autopilot.control import layout as ap
from hil.autopilot.control.control_loop import ControlLoop
from hil.autopilot.control.detached import run_cycle
from hil.autopilot.control.estimator_types import Vector3, three
from hil.autopilot.control.setpoints import (
    Attitude,
    GoTo,
    HoldPosition,
    MotorsIdle,
    Setpoint,
    Velocity,
    WingSetpoint,
)
from hil.autopilot.plane.control_loop import PlaneControlLoop
from hil.autopilot.plane.core import Motion
from hil.geodesy import Home

LEVEL_PITCH_RAD = math.radians(3.0)
# A wing in flow must not be tilted as rotors like to: so little when fast, so much when slow.
TILT_RAD = math.radians(4.0), math.radians(22.0)
TILT_SPEEDS_M_S = 14.0, 6.0
VANE_FROM_RAD, VANE_PER_S, MOST_VANE_RAD_S = math.radians(1.5), 1.5, math.radians(20.0)
MOVES_M_S = 3.0
MOST_TRANSITION_S = 20.0  # ArduPilot Q_TRANS_FAIL's idea: longer is no transition


class Phase(Enum):
    """MAV_VTOL_STATE."""

    TO_WINGS = 1
    ROTORS = 3
    WINGS = 4


class VtolControlLoop(PlaneControlLoop):
    """An aeroplane's core and a multirotor's."""

    def _begin(self, airframe: Airframe, home: Home) -> None:
        super()._begin(airframe, home)
        ControlLoop._begin(self, airframe, home)
        self.phase = Phase.ROTORS
        self._wanted: Setpoint = MotorsIdle()
        self._since_s = 0.0

    @property
    def hovers(self) -> bool:
        """Whether the rotors have it."""
        return self.phase is Phase.ROTORS

    @property
    def vtol_state(self) -> int:
        return self.phase.value

    def command(self, setpoint: Setpoint) -> None:
        """Do this from now on."""
        self._wanted = setpoint
        if isinstance(setpoint, WingSetpoint):
            self.plane.command(setpoint)
            if self.phase is Phase.ROTORS and not self._ctl[ap.LANDED]:
                self.phase, self._since_s = Phase.TO_WINGS, self.time_s
            return
        self.phase = Phase.ROTORS
        # A wing across the wind is more than rotors can hold: the nose is the wind's, as with ArduPilot's Q_WVANE.
        if isinstance(setpoint, HoldPosition | GoTo | Velocity) and not self._ctl[ap.LANDED]:
            setpoint = replace(setpoint, yaw_rad=None)
        ControlLoop.command(self, setpoint)

    def _run_estimator(self, now_s: float, *, slow: bool) -> None:
        run_cycle(
            now_s, slow, self._est, self._cov, self._work, self._past,
            self._ctl, self._tune, self._matrix, self.readings,
        )  # fmt: skip

    def _steer(self) -> None:
        motion = self._motion()
        speed = motion.airspeed_m_s
        if self.phase is Phase.TO_WINGS:
            self._speed_up(speed)
        share = (speed - TILT_SPEEDS_M_S[1]) / (TILT_SPEEDS_M_S[0] - TILT_SPEEDS_M_S[1])
        share = min(max(share, 0.0), 1.0)
        self._tune[ap.MAX_TILT] = TILT_RAD[1] + share * (TILT_RAD[0] - TILT_RAD[1])
        if self.phase is Phase.WINGS:
            self.plane.airborne = True
            self.plane.step(motion, armed=self.armed)
            # The idle rotors' core would think it had landed.
            self._ctl[ap.LANDED], self._ctl[ap.LAND_S] = float(not self.plane.airborne), 0.0
            if not self.plane.airborne:
                self.phase = Phase.ROTORS
        else:
            self._assist(motion)
            if math.hypot(*motion.vel_ned[:2]) > MOVES_M_S:
                # Carried by its wing, it only looks as if the ground carried it.
                self._ctl[ap.LAND_S] = 0.0
        self._drive()

    def _assist(self, motion: Motion) -> None:
        """The rotors have it: surfaces help where there is flow, and the propeller pulls on the way to the wings."""
        pull = float(self.phase is Phase.TO_WINGS)
        if self.hovers and self._ctl[ap.YAW_HELD] and not self._ctl[ap.LANDED]:
            lean = math.copysign(max(abs(motion.euler_rad[0]) - VANE_FROM_RAD, 0.0), motion.euler_rad[0])
            self._ctl[ap.YAW_RATE_CMD] = min(max(VANE_PER_S * lean, -MOST_VANE_RAD_S), MOST_VANE_RAD_S)
        flows = pull or motion.airspeed_m_s > TILT_SPEEDS_M_S[1]
        self.plane.command(Attitude(0.0, LEVEL_PITCH_RAD, None, pull) if flows else MotorsIdle())
        self.plane.airborne = False
        self.plane.step(motion, armed=self.armed)

    def _speed_up(self, speed_m_s: float) -> None:
        """Level and straight ahead on the rotors, until the wing carries."""
        if speed_m_s >= self.plane.tune.least_m_s:
            self.phase = Phase.WINGS
            if isinstance(self._wanted, WingSetpoint):
                self.plane.command(self._wanted)
            ControlLoop.command(self, MotorsIdle())
            return
        if self.time_s - self._since_s > MOST_TRANSITION_S:
            self.phase = Phase.ROTORS
            self._since_s = self.time_s
            return
        north, east, _ = three(self._est, ap.EV)
        # As fast as it is already, so that nothing tilts against the propeller.
        self._ctl[ap.V_SP], self._ctl[ap.V_SP + 1] = north, east
        ControlLoop.command(self, Velocity((north, east, 0.0)))

    def _rotors(self) -> tuple[float, ...]:
        if self.phase is Phase.WINGS or not self.armed:
            return (0.0,) * self.airframe.rotor_count
        return tuple(self._ctl[ap.OUT : ap.OUT + self.airframe.rotor_count].tolist())

    @property
    def throttle(self) -> float:
        """Of what carries it, 0..1."""
        return float(self._ctl[ap.THROTTLE]) if self.hovers else self.plane.throttle

    @property
    def setpoint_ned(self) -> Vector3:
        """Where it is sent, or where it is."""
        return three(self._ctl, ap.P_SP) if self.hovers else super().setpoint_ned
