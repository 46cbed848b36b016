"""Streamed messages about the aircraft's state: modes, health, battery, clocks."""

from __future__ import annotations

from controller.wire import messages as m
from hil.autopilot.stacks.modes import ARMED
from hil.autopilot.telemetry.health import system_health
from hil.autopilot.telemetry.message_group import Made, MessageGroup, int16

# MAV_TYPE by number of motors; a coaxial octo is an octo, too (Copter::get_frame_mav_type of ArduPilot)
TYPES = {4: 2, 6: 13, 8: 14}
GENERIC_MULTIROTOR = 43
FIXED_WING, GROUND_ROVER = 1, 10
BOOT, STANDBY, ACTIVE, CRITICAL = 1, 3, 4, 5  # MAV_STATE
UNDEFINED, ON_GROUND, IN_AIR, TAKING_OFF, LANDING = 0, 1, 2, 3, 4  # MAV_LANDED_STATE
NO_CELL = 65535


class StateMessages(MessageGroup):
    """HEARTBEAT and the like."""

    started_utc_us = 0  # the calendar at power-on

    def heartbeat(self) -> Made:
        armed = self._vehicle.armed
        mode = self._commander.mode
        return m.HEARTBEAT(
            type=self._kind(),
            autopilot=self._stack.autopilot,
            base_mode=mode.base_flags | (ARMED if armed else 0),
            custom_mode=mode.number,
            system_status=self._system_status(),
            mavlink_version=3,
        )

    def _kind(self) -> int:
        airframe, params = self._vehicle.loop.airframe, self._vehicle.params
        if airframe.rover is not None:
            return GROUND_ROVER
        if airframe.wing is None:
            return TYPES.get(airframe.rotor_count, GENERIC_MULTIROTOR)
        return int(params["Q_MAV_TYPE"] or FIXED_WING) if "Q_MAV_TYPE" in params else FIXED_WING

    def _system_status(self) -> int:
        vehicle = self._vehicle
        if not vehicle.est.ready.tilt_aligned:
            return BOOT if self._stack.first_item else 0
        if self._failsafe.active and vehicle.armed:
            return CRITICAL
        flies = vehicle.armed and (not vehicle.est.landed or not self._stack.first_item)
        return ACTIVE if flies else STANDBY

    def sys_status(self) -> Made:
        vehicle = self._vehicle
        health = system_health(vehicle, self._stack, self._commander.mode, ready=not self._commander.faults())
        sensors = vehicle.sensors
        return m.SYS_STATUS(
            onboard_control_sensors_present=health.present,
            onboard_control_sensors_enabled=health.enabled,
            onboard_control_sensors_health=health.healthy,
            load=150,
            voltage_battery=min(round(sensors.battery_v * 1e3), 0xFFFE),
            current_battery=int16(sensors.battery_a * 100.0),
            battery_remaining=round(vehicle.remaining * 100.0),
        )

    def extended_sys_state(self) -> Made:
        vehicle, commander = self._vehicle, self._commander
        # A rover does not tell: it has no ground to leave.
        state = UNDEFINED if vehicle.loop.airframe.rover is not None else ON_GROUND
        if vehicle.armed and not vehicle.est.landed and state == ON_GROUND:
            state = LANDING if commander.landing else TAKING_OFF if commander.taking_off else IN_AIR
        return m.EXTENDED_SYS_STATE(
            vtol_state=vehicle.loop.vtol_state if self._stack.first_item else 0, landed_state=state
        )

    def battery_status(self) -> Made:
        vehicle = self._vehicle
        sensors = vehicle.sensors
        return m.BATTERY_STATUS(
            id=0,
            temperature=0x7FFF,
            voltages=(min(round(sensors.battery_v * 1e3), 0xFFFE), *(NO_CELL,) * 9),
            voltages_ext=(0, 0, 0, 0),
            current_battery=int16(sensors.battery_a * 100.0),
            current_consumed=round(sensors.battery_consumed_mah),
            energy_consumed=-1,
            battery_remaining=round(vehicle.remaining * 100.0),
            charge_state=self._failsafe.battery_state,
        )

    def current_mode(self) -> Made:
        mode = self._commander.mode
        return m.CURRENT_MODE(
            standard_mode=mode.standard, custom_mode=mode.number, intended_custom_mode=mode.number
        )

    def system_time(self) -> Made:
        return m.SYSTEM_TIME(time_unix_usec=self.started_utc_us + self._us, time_boot_ms=self._ms)

    def ping(self) -> Made:
        return m.PING(time_usec=self._us, seq=int(self._vehicle.time_s / 10.0))
