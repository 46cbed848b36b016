"""Streamed messages of the vehicle's state: mode, health, battery, clocks."""

from __future__ import annotations

from controller.wire import messages as m
from controller.wire.enums import MAV_LANDED_STATE, MAV_STATE, MAV_TYPE
from hil.autopilot.stacks.modes import ARMED
from hil.autopilot.telemetry.health import system_health
from hil.autopilot.telemetry.message_group import Made, MessageGroup, int16

# MAV_TYPE by number of motors; a coaxial octocopter has 8 (Copter::get_frame_mav_type of ArduPilot).
MULTIROTOR_TYPES = {4: MAV_TYPE.QUADROTOR, 6: MAV_TYPE.HEXAROTOR, 8: MAV_TYPE.OCTOROTOR}
GENERIC_MULTIROTOR = 43  # MAV_TYPE_GENERIC_MULTIROTOR
NO_CELL = 65535


class StateMessages(MessageGroup):
    """HEARTBEAT, SYS_STATUS, EXTENDED_SYS_STATE, battery and clock messages."""

    started_utc_us = 0  # UTC time of power-on

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
        airframe, params = self._vehicle.core.airframe, self._vehicle.params
        if airframe.rover is not None:
            return int(MAV_TYPE.GROUND_ROVER)
        if airframe.wing is None:
            return int(MULTIROTOR_TYPES.get(airframe.rotor_count, GENERIC_MULTIROTOR))
        if params.get("Q_MAV_TYPE"):
            return int(params["Q_MAV_TYPE"])
        return int(MAV_TYPE.FIXED_WING)

    def _system_status(self) -> int:
        vehicle = self._vehicle
        if not vehicle.est.ready.tilt_aligned:
            return self._stack.telemetry.unaligned_status
        if self._failsafe.active and vehicle.armed:
            return int(MAV_STATE.CRITICAL)
        active = vehicle.armed and (not vehicle.est.landed or self._stack.telemetry.active_when_armed)
        return int(MAV_STATE.ACTIVE if active else MAV_STATE.STANDBY)

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
        vehicle = self._vehicle
        state = self._landed_state()
        return m.EXTENDED_SYS_STATE(
            vtol_state=vehicle.core.vtol_state if self._stack.telemetry.reports_vtol_state else 0,
            landed_state=state,
        )

    def _landed_state(self) -> int:
        """Return the MAV_LANDED_STATE; a rover never takes off, so its state is undefined."""
        vehicle, commander = self._vehicle, self._commander
        if vehicle.core.airframe.rover is not None:
            return int(MAV_LANDED_STATE.UNDEFINED)
        if not vehicle.armed or vehicle.est.landed:
            return int(MAV_LANDED_STATE.ON_GROUND)
        if commander.landing:
            return int(MAV_LANDED_STATE.LANDING)
        return int(MAV_LANDED_STATE.TAKEOFF if commander.taking_off else MAV_LANDED_STATE.IN_AIR)

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
