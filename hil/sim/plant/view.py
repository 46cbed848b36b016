"""Read-only view of a plant: ground truth, sensor readings and surroundings."""

from __future__ import annotations

from hil.autopilot.control.estimator_types import sensors_from_array, vector3, vector4
from hil.frames import to_euler
from hil.geodesy import Home, ned_to_lla
from hil.physics import params as pp
from hil.physics import state as ps
from hil.sensors.pitot import AirspeedReading
from hil.sim.ground_truth import Sensors, Truth, Vector3
from hil.sim.plant.ground import Ground


class PlantView:
    """Properties that read a plant's arrays; `hil.sim.plant.plant.Plant` owns and steps them."""

    home: Home
    _ground: Ground
    _state: ps.Array
    _inputs: ps.Array
    _params: ps.Array
    _readings: ps.Array
    _records: ps.Array

    @property
    def state(self) -> ps.Array:
        """State of the physics, laid out by `hil.physics.state`; read only."""
        return self._state

    @property
    def wind_ned(self) -> Vector3:
        """Motion of the air over ground at the vehicle, m/s NED."""
        return vector3(self._inputs, ps.WIND)

    @property
    def ground_d_m(self) -> float:
        """NED down of the ground below the vehicle, m."""
        return float(self._inputs[ps.GROUND_D])

    def ground_below(self, north_m: float, east_m: float) -> float:
        """Return NED down of the ground at a position, m."""
        return self._ground.down_m(north_m, east_m)

    @property
    def readings(self) -> ps.Array:
        """Sensor readings with faults, laid out by `hil.sensors.layout`; read only."""
        return self._readings

    @property
    def sensors(self) -> Sensors:
        """Sensor readings as an object."""
        return sensors_from_array(self._readings, self.home)

    @property
    def truth(self) -> Truth:
        """Ground truth of this moment."""
        state = self._state
        pos = vector3(state, ps.POS)
        lat, lon, alt = ned_to_lla(*pos, self.home.lat_deg, self.home.lon_deg, self.home.alt_amsl_m)
        return Truth(
            pos_ned=pos,
            vel_ned=vector3(state, ps.VEL),
            quaternion=vector4(state, ps.QUAT),
            euler_rad=to_euler(*state[ps.QUAT : ps.QUAT + 4].tolist()),
            rates_frd=vector3(state, ps.RATE),
            lat_deg=lat,
            lon_deg=lon,
            alt_amsl_m=alt,
            rotor_speeds_rad_s=tuple(state[ps.ROTOR : ps.ROTOR + int(self._params[pp.ROTORS])].tolist()),
            wind_ned=self.wind_ned,
        )

    @property
    def records(self) -> ps.Array:
        """Constants of the sensor models, laid out by `hil.sensors.layout`."""
        return self._records

    @property
    def specific_force_frd(self) -> Vector3:
        """True specific force at the centre of mass, m/s^2 FRD."""
        return vector3(self._state, ps.SPECIFIC)

    @property
    def density_kg_m3(self) -> float:
        """Air density at the vehicle."""
        return float(self._inputs[ps.DENSITY])

    @property
    def airspeed(self) -> AirspeedReading | None:
        """Airspeed sensor reading, None without such a sensor."""
        return None
