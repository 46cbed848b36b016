"""Control core of a quadplane: a fixed-wing and a multirotor core, and the transitions between them.

The setpoint decides: a fixed-wing setpoint is flown on the wings, any other on the rotors. In the transition to the
wings the rotors hold the aircraft level while the propeller accelerates it. In the transition back the wing carries
part of the weight while drag slows it down.
"""

from __future__ import annotations

import math
from dataclasses import replace
from enum import Enum

from hil.airframes.load import Airframe
from hil.autopilot.control import layout as ap
from hil.autopilot.control.control_loop import ControlLoop
from hil.autopilot.control.detached import run_cycle
from hil.autopilot.control.estimator_types import Vector3, vector3
from hil.autopilot.control.setpoints import (
    GoTo,
    HoldAttitude,
    HoldPosition,
    MotorsIdle,
    Setpoint,
    Velocity,
    WingSetpoint,
)
from hil.autopilot.plane.control_loop import PlaneControlLoop
from hil.autopilot.plane.core import PlaneState
from hil.geodesy import Home

LEVEL_PITCH_RAD = math.radians(3.0)
# Limit of the tilt on the rotors, by airspeed: a wing in the airflow allows little.
TILT_RAD = math.radians(4.0), math.radians(22.0)
TILT_SPEEDS_M_S = 14.0, 6.0
VANE_FROM_RAD, VANE_PER_S, MAX_VANE_RAD_S = math.radians(1.5), 1.5, math.radians(20.0)
MOVES_M_S = 3.0
MAX_TRANSITION_S = 20.0  # as ArduPilot Q_TRANS_FAIL: a longer transition is aborted


class VtolPhase(Enum):
    """Phase of flight, with its MAV_VTOL_STATE."""

    TO_WINGS = 1
    ROTORS = 3
    WINGS = 4


class VtolControlLoop(PlaneControlLoop):
    """Fixed-wing and multirotor core of one aircraft."""

    def _init_core(self, airframe: Airframe, home: Home) -> None:
        super()._init_core(airframe, home)
        ControlLoop._init_core(self, airframe, home)
        self.phase = VtolPhase.ROTORS
        self._setpoint: Setpoint = MotorsIdle()
        self._since_s = 0.0

    @property
    def hovers(self) -> bool:
        """Whether the aircraft flies on the rotors."""
        return self.phase is VtolPhase.ROTORS

    @property
    def vtol_state(self) -> int:
        return self.phase.value

    def command(self, setpoint: Setpoint) -> None:
        """Follow a setpoint from now on."""
        self._setpoint = setpoint
        if isinstance(setpoint, WingSetpoint):
            self.plane.command(setpoint)
            if self.phase is VtolPhase.ROTORS and not self._ctl[ap.LANDED]:
                self.phase, self._since_s = VtolPhase.TO_WINGS, self.time_s
            return
        self.phase = VtolPhase.ROTORS
        # Weathervaning (ArduPilot Q_WVANE): rotors cannot hold a wing across the wind.
        if isinstance(setpoint, HoldPosition | GoTo | Velocity) and not self._ctl[ap.LANDED]:
            setpoint = replace(setpoint, yaw_rad=None)
        ControlLoop.command(self, setpoint)

    def _run_estimator(self, now_s: float, *, slow: bool) -> None:
        run_cycle(
            now_s, slow, self._est, self._cov, self._work, self._past,
            self._ctl, self._tune, self._matrix, self.readings,
        )  # fmt: skip

    def _steer(self) -> None:
        state = self._plane_state()
        speed = state.airspeed_m_s
        if self.phase is VtolPhase.TO_WINGS:
            self._accelerate(speed)
        blend = (speed - TILT_SPEEDS_M_S[1]) / (TILT_SPEEDS_M_S[0] - TILT_SPEEDS_M_S[1])
        blend = min(max(blend, 0.0), 1.0)
        self._tune[ap.MAX_TILT] = TILT_RAD[1] + blend * (TILT_RAD[0] - TILT_RAD[1])
        if self.phase is VtolPhase.WINGS:
            self.plane.airborne = True
            self.plane.step(state, armed=self.armed)
            # The idle multirotor core would detect a landing.
            self._ctl[ap.LANDED], self._ctl[ap.LANDED_FOR_S] = float(not self.plane.airborne), 0.0
            if not self.plane.airborne:
                self.phase = VtolPhase.ROTORS
        else:
            self._assist(state)
            if math.hypot(*state.vel_ned[:2]) > MOVES_M_S:
                # Lift of the wing must not count as ground contact.
                self._ctl[ap.LANDED_FOR_S] = 0.0
        self._drive()

    def _assist(self, state: PlaneState) -> None:
        """Set surfaces and propeller in flight on the rotors: surfaces assist, the propeller pulls in a transition."""
        pull = float(self.phase is VtolPhase.TO_WINGS)
        if self.hovers and self._ctl[ap.YAW_HELD] and not self._ctl[ap.LANDED]:
            excess = math.copysign(max(abs(state.euler_rad[0]) - VANE_FROM_RAD, 0.0), state.euler_rad[0])
            self._ctl[ap.YAW_RATE_CMD] = min(max(VANE_PER_S * excess, -MAX_VANE_RAD_S), MAX_VANE_RAD_S)
        flows = pull or state.airspeed_m_s > TILT_SPEEDS_M_S[1]
        self.plane.command(HoldAttitude(0.0, LEVEL_PITCH_RAD, None, pull) if flows else MotorsIdle())
        self.plane.airborne = False
        self.plane.step(state, armed=self.armed)

    def _accelerate(self, speed_m_s: float) -> None:
        """Accelerate straight ahead on the rotors until the wing carries the aircraft."""
        if speed_m_s >= self.plane.tune.min_m_s:
            self.phase = VtolPhase.WINGS
            if isinstance(self._setpoint, WingSetpoint):
                self.plane.command(self._setpoint)
            ControlLoop.command(self, MotorsIdle())
            return
        if self.time_s - self._since_s > MAX_TRANSITION_S:
            self.phase = VtolPhase.ROTORS
            self._since_s = self.time_s
            return
        north, east, _ = vector3(self._est, ap.EV)
        # The present velocity as setpoint, so that the rotors do not tilt against the propeller.
        self._ctl[ap.V_SP], self._ctl[ap.V_SP + 1] = north, east
        ControlLoop.command(self, Velocity((north, east, 0.0)))

    def _rotors(self) -> tuple[float, ...]:
        if self.phase is VtolPhase.WINGS or not self.armed:
            return (0.0,) * self.airframe.rotor_count
        return tuple(self._ctl[ap.OUT : ap.OUT + self.airframe.rotor_count].tolist())

    @property
    def throttle(self) -> float:
        """Throttle of the rotors or the propeller, whichever carries the aircraft, 0..1."""
        return float(self._ctl[ap.THROTTLE]) if self.hovers else self.plane.throttle

    @property
    def wanted_roll_pitch_rad(self) -> tuple[float, float]:
        """Roll and pitch that the controller of the rotors wants, or that of the surfaces."""
        return self._wanted_by_rotors() if self.hovers else super().wanted_roll_pitch_rad

    @property
    def setpoint_ned(self) -> Vector3:
        """Target of the setpoint, or the present position."""
        return vector3(self._ctl, ap.P_SP) if self.hovers else super().setpoint_ned
