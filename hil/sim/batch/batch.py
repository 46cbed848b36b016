"""Batch simulation of many vehicles of one airframe: `BatchSim.step(actuators) -> sensors`.

Each vehicle may have its own parameters, weather, faults and seed. The stages are those of the single vehicle, and a
batch of one equals it bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from hil.airframes.load import Airframe
from hil.errors import Diverged, ScenarioError
from hil.faults.schedule import Fault
from hil.geodesy import Home, gravity_m_s2
from hil.physics import params as pp
from hil.physics import state as ps
from hil.physics.blocks import BlockLayout, Blocks
from hil.physics.state import Array
from hil.sensors.suite import FAST_STEPS, STEP_S
from hil.sim.batch.kernels import FirstBadStep, hold_blocks, hold_rows, play_blocks, play_rows
from hil.sim.batch.sensors import BatchSensors
from hil.sim.batch.setup import each, params_of, schedules_of, seeds_of, weather_of
from hil.sim.plant.divergence_check import first_non_finite, watched_values
from hil.sim.plant.ground import Ground
from hil.sim.plant.vehicle_kinds import (
    default_roughness_m,
    idle_commands,
    kind_params,
    output_slots,
    params_at_step,
    watched_rotor_count,
)
from hil.world import wind as wd
from hil.world.atmosphere import density_kg_m3

FIRST_HOME = Home(47.3977419, 8.5455938, 488.0, 0.0)
MAX_STEP_S = 0.005  # fast rotors and the ground's springs need shorter steps
Share = tuple[slice, slice]  # range of blocks, range of vehicles in them


class BatchSim:
    """`count` vehicles standing at home on level ground, switched on at time 0. Arrays have one row per vehicle.

    Each of these is one value for all vehicles or one per vehicle: `params`, rows laid out by `hil.physics.params`
    with the airframe's rotor count; `own`, rows like the airframe's `wing` or `rover`; `wind_ned` (m/s over ground),
    `gust_m_s`, `turbulence_m_s`, `roughness_m` and `warmer_k` as in `hil.sim.plant.plant.Plant`; `faults`, a
    schedule. Vehicle i has the noise of `seed + i`, or of its place in a list of seeds.

    Without `sensing` there are no sensors, faults or gusts, the air is that at home, and `dt` (s) is free. Results do
    not depend on `threads`. Raises ScenarioError.
    """

    def __init__(
        self,
        airframe: Airframe,
        count: int,
        *,
        home: Home = FIRST_HOME,
        seed: int | Sequence[int] = 0,
        params: ArrayLike | None = None,
        own: ArrayLike | None = None,
        wind_ned: ArrayLike = (0.0, 0.0, 0.0),
        gust_m_s: ArrayLike = 0.0,
        turbulence_m_s: ArrayLike = 0.0,
        roughness_m: ArrayLike | None = None,
        warmer_k: ArrayLike = 0.0,
        faults: Sequence[Fault] | Sequence[Iterable[Fault]] = (),
        sensing: bool = True,
        dt: float = STEP_S,
        threads: int = 1,
    ) -> None:
        if count < 1:
            raise ScenarioError(f"a batch needs at least one vehicle, has {count}")
        if threads < 1:
            raise ScenarioError(f"a batch needs at least one thread, has {threads}")
        if not 0.0 < dt <= MAX_STEP_S or (sensing and dt != STEP_S):
            raise ScenarioError(
                f"dt must be above 0 and at most {MAX_STEP_S} s, with sensors {STEP_S} s, is {dt}"
            )
        rough = (default_roughness_m(airframe) if sensing else 0.0) if roughness_m is None else roughness_m
        weather, warmer = weather_of(count, home, wind_ned, gust_m_s, turbulence_m_s, rough, warmer_k)
        schedules, seeds = schedules_of(airframe, faults, count), seeds_of(seed, count)
        if not sensing and (schedules or weather[:, wd.STEADY + 3 :].any()):
            raise ScenarioError("gusts, turbulence, shear and faults need a batch with sensors")
        self.airframe, self.home, self.count, self.dt = airframe, home, count, dt
        self._slots = output_slots(airframe)
        self._kernels(airframe)
        self._blocks = Blocks(self.fields, count)
        self.threads = min(threads, len(self._blocks.whole))
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None
        self._fill_constants(params_of(airframe, params, count), own, weather, warmer)
        self._healths = np.ones((count if schedules else 1, ps.MAX_ROTORS))
        self._sensors = BatchSensors(airframe, home, seeds, weather, warmer, schedules) if sensing else None
        self.reset()

    def _kernels(self, airframe: Airframe) -> None:
        rotors = airframe.rotor_count
        if airframe.wing is None and airframe.rover is None:
            self.fields, shape = BlockLayout.of_rotors(rotors), (0,) * rotors
            self._hold, self._play = partial(hold_blocks, shape), partial(play_blocks, shape)
        else:
            self.fields, driven = BlockLayout.of_rows(kind_params(airframe).size), airframe.rover is not None
            self._hold, self._play = partial(hold_rows, driven), partial(play_rows, driven)

    def _fill_constants(self, params: Array, own: ArrayLike | None, weather: Array, warmer: Array) -> None:
        """Fill in the constant fields and keep the initial state for `reset`."""
        fields, home, airframe = self.fields, self.home, self.airframe
        inputs = ps.still_air(gravity_m_s2=gravity_m_s2(home.lat_deg, home.alt_amsl_m))
        ground = Ground(home, airframe.resting_height_m, None)
        self._first = ground.standing(inputs, heading_rad=float(np.radians(home.heading_deg)))[
            : fields.inputs
        ]
        self.write(fields.inputs, inputs[: fields.params - fields.inputs])
        self.write(fields.inputs + ps.WIND, weather[:, wd.STEADY : wd.STEADY + 3])
        density = [[density_kg_m3(home.alt_amsl_m, value)] for value in warmer.tolist()]
        self.write(fields.inputs + ps.DENSITY, density)
        rows = params_at_step(airframe, params, self.dt)
        self.write(fields.params, rows[:, : min(fields.more - fields.params, pp.PARAM_SIZE)])
        if fields.lanes == 1:
            row = kind_params(airframe)
            self.write(fields.more, row if own is None else each("own", own, self.count, row.size))
        elif own is not None:
            raise ScenarioError("must not be given: a multirotor has no such parameters", where="own")

    def reset(self) -> None:
        """Go back to power-on with the same seeds; the run repeats bit for bit. Parameters stay."""
        self.steps = 0
        self.write(0, self._first)
        duties = idle_commands(self.airframe)
        if self.fields.lanes > 1:
            duties = np.zeros(self.fields.params - self.fields.inputs - ps.DUTY)
            self.write(self.fields.more, np.zeros(self.fields.count - self.fields.more))
        self.write(self.fields.inputs + ps.DUTY, duties)
        self._healths[:] = 1.0
        if self._sensors is not None:
            self._sensors.reset()
            self._sense(np.zeros((self.count, ps.MAX_ROTORS)), 0)

    def step(self, actuators: ArrayLike) -> Array:
        """Hold actuator commands (0..1) for 4 ms with sensors, for one step of `dt` without.

        `actuators` has shape (count, commands), in the order of `Plant.drive`; values beyond are clipped. Returns the
        readings, shape (count, READING_SIZE), laid out by `hil.sensors.layout`, which the next step overwrites;
        without sensors the positions. Raises ScenarioError for actuators that are not finite, Diverged when the
        simulation diverges; then `reset` is needed.
        """
        return self.hold(actuators, 1)

    def hold(self, actuators: ArrayLike, periods: int) -> Array:
        """Do `step` for several periods with the same actuators."""
        if periods < 1:
            raise ScenarioError(f"periods must be at least 1, is {periods}")
        duties = self._duties(actuators)
        if self._sensors is None:
            self.in_parts(
                lambda _, part: self._hold(*self._parts(part, duties), self.dt, self.steps, periods)
            )
            self.steps += periods
            return self.pos_ned
        if not self._sensors.gusty:
            self._sense(duties, periods)
            self.steps += periods * FAST_STEPS
            return self.readings
        for _ in range(periods):
            self._sensors.gust(self.steps + FAST_STEPS)
            self._sense(duties, 1)
            self.steps += FAST_STEPS
        return self.readings

    def _sense(self, duties: Array, periods: int) -> None:
        """Step physics and sensors for `periods` periods; 0 samples the sensors alone."""
        sensors = self._sensing
        self.in_parts(
            lambda _, part: self._play(
                *self._parts(part, duties), self.steps, periods, *sensors.part(part[1])
            )
        )

    def _parts(self, part: Share, duties: Array) -> tuple[Array, Array, Array]:
        blocks, vehicles = part
        healths = self._healths
        return self.flat[blocks], duties[vehicles], healths[vehicles] if len(healths) > 1 else healths

    def _duties(self, actuators: ArrayLike) -> Array:
        shape = (self.count, len(self._slots))
        try:
            given = np.array(actuators, dtype=np.float64, order="C")
        except (TypeError, ValueError):
            raise ScenarioError(f"actuators must be {shape[0]} x {shape[1]} numbers") from None
        if given.shape != shape:
            raise ScenarioError(f"actuators must be {shape[0]} x {shape[1]}, are {given.shape}")
        if not np.isfinite(given).all():
            bad = int(np.argmin(np.isfinite(given).all(axis=1)))
            raise ScenarioError(
                "actuators must be finite", where=f"vehicle {bad} at {self.time_s:.3f} s: {given[bad]}"
            )
        if self.fields.lanes > 1:
            return given
        duties = np.tile(idle_commands(self.airframe), (self.count, 1))
        duties[:, self._slots] = np.clip(given, 0.0, 1.0)
        return duties

    def in_parts(self, work: Callable[[int, Share], FirstBadStep]) -> None:
        """Run `work` on each thread's share of blocks and vehicles. Raises Diverged for a value that is not finite."""
        blocks, lanes = len(self._blocks.whole), self.fields.lanes
        bounds = [blocks * i // self.threads for i in range(self.threads + 1)]
        parts = [(slice(a, b), slice(a * lanes, min(b * lanes, self.count))) for a, b in pairwise(bounds)]
        if self._pool is None:
            found = [work(0, parts[0])]
        else:
            found = list(self._pool.map(work, range(self.threads), parts))
        for (block, step), (first, _) in zip(found, parts, strict=True):
            if block >= 0:
                self._diverged(first.start + block, step)

    def _diverged(self, block: int, step: int) -> None:
        """Raise Diverged with vehicle, time, stage and value."""
        fields = self.fields
        for lane in range(fields.lanes):
            vehicle = min(block * fields.lanes + lane, self.count - 1)
            row = np.ascontiguousarray(self._blocks.whole[block, :, lane])
            readings = np.zeros(0) if self._sensors is None else self._sensors.raws[vehicle]
            state, inputs = row[: fields.inputs], row[fields.inputs : fields.params]
            what = first_non_finite(
                watched_values(state, inputs, readings, rotors=watched_rotor_count(self.airframe))
            )
            if what:
                raise Diverged(
                    f"simulation diverged at {step * self.dt:.3f} s: {what}",
                    where=f"vehicle {vehicle}",
                )
        raise Diverged(f"simulation diverged at {step * self.dt:.3f} s", where=f"block {block}")

    # --- state ---

    @property
    def time_s(self) -> float:
        """Simulated seconds since power-on."""
        return self.steps * self.dt

    @property
    def outputs(self) -> int:
        """Number of commands of a vehicle."""
        return len(self._slots)

    @property
    def readings(self) -> Array:
        """Sensor readings with faults. Raises ScenarioError without sensors."""
        return self._sensing.readings

    @property
    def _sensing(self) -> BatchSensors:
        if self._sensors is None:
            raise ScenarioError("this batch has no sensors")
        return self._sensors

    def airspeeds_m_s(self) -> Array:
        """Return indicated airspeeds, m/s, NaN for a sensor that is off; sampled on request, at the sensor's rate.

        Raises ScenarioError without wings or sensors.
        """
        states, inputs = self.read(0, ps.STATE_SIZE), self.read(self.fields.inputs, ps.DUTY)
        return self._sensing.airspeeds(self.time_s, states, inputs)

    @property
    def blocks(self) -> Array:
        """Memory of the physics, laid out by `fields`."""
        return self._blocks.whole

    @property
    def flat(self) -> Array:
        """The same memory, one row per block."""
        return self._blocks.flat

    def read(self, field: int, columns: int) -> Array:
        """Return a copy of `columns` fields from `field` on, one row per vehicle."""
        return self._blocks.read(field, columns)

    def write(self, field: int, rows: ArrayLike) -> None:
        """Set fields from `field` on: one row per vehicle or one for all."""
        self._blocks.write(field, np.atleast_2d(np.asarray(rows, dtype=np.float64)))

    @property
    def pos_ned(self) -> Array:
        """Positions, m NED of home (count x 3)."""
        return self.read(ps.POS, 3)

    @property
    def vel_ned(self) -> Array:
        """Velocities, m/s NED (count x 3)."""
        return self.read(ps.VEL, 3)

    @property
    def quaternion(self) -> Array:
        """Attitudes, quaternions w x y z, body to NED (count x 4)."""
        return self.read(ps.QUAT, 4)

    @property
    def rates_frd(self) -> Array:
        """Body rates, rad/s FRD (count x 3)."""
        return self.read(ps.RATE, 3)
