"""Simulated world of a bridge: airframe, home, seed, weather and faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from controller.terrain.raster import Raster
from hil.airframes.load import load_airframe
from hil.errors import ScenarioError
from hil.faults.schedule import Fault
from hil.geodesy import Home
from hil.sensors.load import STANDARD_IMU_HZ
from hil.sim.loops.make import make_plant
from hil.sim.plant.plant import Plant
from hil.sim.vehicle import DEFAULT_HOME

Vector3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Simulated world; `wind_ned` is the motion of the air, m/s, `speed` a multiple of real time (infinite: no limit).

    `on_plant` is called with each aircraft when it is switched on, for recording ground truth.
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
        """Return a factory of aircraft at home, called at each restart of the autopilot. Raises UserError at once."""
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

        switch_on().advance(0.004)  # compile and check the scenario before an autopilot waits
        if self.on_plant is None:
            return switch_on
        on_plant = self.on_plant

        def make() -> Plant:
            plant = switch_on()
            on_plant(plant)
            return plant

        return make
