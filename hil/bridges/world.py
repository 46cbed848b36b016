"""What every bridge puts its autopilot into: an airframe, a place, a seed and weather."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hil.airframes.load import load_airframe
from hil.errors import ScenarioError
from hil.faults.schedule import Fault
from hil.geodesy import Home
from hil.sensors.load import STANDARD_IMU_HZ
from hil.sim.loops.make import make_plant
from hil.sim.plant.plant import Plant
from hil.sim.vehicle import DEFAULT_HOME
from hil.world.raster import Raster

Vector3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`wind_ned` is where the air goes to, m/s; `speed` a multiple of real time, infinite for as fast as it goes.

    `on_plant` is given each aircraft as it is switched on, for whoever records what it really does.
    """

    airframe: str = "quad_x"
    home: Home = DEFAULT_HOME
    seed: int = 0
    speed: float = 1.0
    wind_ned: Vector3 = (0.0, 0.0, 0.0)
    gust_m_s: float = 0.0
    turbulence_m_s: float = 0.0
    warmer_k: float = 0.0
    roughness_m: float | None = None
    terrain: Raster | None = None
    faults: tuple[Fault, ...] = ()
    imu_hz: int = STANDARD_IMU_HZ
    receivers: int = 1
    on_plant: Callable[[Plant], None] | None = None

    def plant_maker(self) -> Callable[[], Plant]:
        """Makes the aircraft, at home and switched off, as often as its autopilot restarts. Raises UserError at once."""
        if not self.speed > 0.0:
            raise ScenarioError(f"speed must be above 0, is {self.speed}")
        airframe = load_airframe(self.airframe)

        def switch_on() -> Plant:
            return make_plant(
                airframe,
                self.home,
                seed=self.seed,
                wind_ned=self.wind_ned,
                gust_m_s=self.gust_m_s,
                turbulence_m_s=self.turbulence_m_s,
                warmer_k=self.warmer_k,
                roughness_m=self.roughness_m,
                terrain=self.terrain,
                faults=self.faults,
                imu_hz=self.imu_hz,
                receivers=self.receivers,
            )

        switch_on().advance(0.004)  # compiled, and the scenario checked, before anybody waits for it
        if self.on_plant is None:
            return switch_on
        told = self.on_plant

        def make() -> Plant:
            plant = switch_on()
            told(plant)
            return plant

        return make
