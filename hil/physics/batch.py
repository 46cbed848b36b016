"""Many vehicles of one airframe at once: `BatchSim.step(actuators) -> sensors`, with own parameters, wind and seed each.

The stages are those of the single vehicle; a batch of one repeats it bit for bit.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hil.airframes.load import Airframe
from hil.errors import Diverged, ScenarioError
from hil.geodesy import Home, gravity_m_s2
from hil.jit import LANES, lane, stage
from hil.physics import params as pp
from hil.physics import state as ps
from hil.physics.lanes import Fields, blocks_advance
from hil.physics.state import Array
from hil.sensors import layout as sn
from hil.sensors.load import sensor_records
from hil.sensors.noise import Streams, seeded_streams
from hil.sensors.power_on import switch_on
from hil.sensors.suite import FAST_STEPS, STEP_S, sense
from hil.world import wind as wd
from hil.world.magnetic import field_at

FIRST_HOME = Home(47.3977419, 8.5455938, 488.0, 0.0)
MOST_STEP_S = 0.005  # the lag of a fast rotor and the ground's springs need steps below this


class BatchSim:
    """`count` vehicles standing at home, switched on at time 0. Every array has one row a vehicle.

    `params` are rows laid out by `hil.physics.params` where they differ from the airframe's (same rotor count); `wind_ned`
    is one vector or a row each, m/s over ground; vehicle i has the noise of `seed + i`. Without `sensing` there are no
    sensors and no gusts, the air stays as it is at home, and `dt` may be chosen. The physics run on so many `threads`; what
    comes out does not depend on them. Raises ScenarioError.
    """

    def __init__(
        self,
        airframe: Airframe,
        count: int,
        *,
        home: Home = FIRST_HOME,
        seed: int = 0,
        params: Array | None = None,
        wind_ned: Array | tuple[float, float, float] = (0.0, 0.0, 0.0),
        gust_m_s: float = 0.0,
        sensing: bool = True,
        dt: float = STEP_S,
        threads: int = 1,
    ) -> None:
        rotors = airframe.rotor_count
        if count < 1:
            raise ScenarioError(f"a batch needs at least one vehicle, has {count}")
        if not 0.0 < dt <= MOST_STEP_S or (sensing and dt != STEP_S):
            raise ScenarioError(
                f"the step must be above 0 and at most {MOST_STEP_S} s, with sensors {STEP_S} s, is {dt}"
            )
        rows = np.broadcast_to(airframe.params, (count, pp.PARAM_SIZE)) if params is None else params
        if rows.shape != (count, pp.PARAM_SIZE) or not np.isfinite(rows).all():
            raise ScenarioError(f"params must be {count} rows of {pp.PARAM_SIZE} finite numbers")
        if not (rows[:, pp.ROTORS] == rotors).all():
            raise ScenarioError("all vehicles of a batch have the same number of rotors")
        self.airframe, self.home, self.count, self.dt = airframe, home, count, dt
        self.threads = max(1, min(threads, -(-count // LANES)))
        self.fields = Fields(rotors)
        self._sensing = sensing
        self._wind0 = np.zeros((count, wd.WIND_SIZE))
        self._wind0[:, wd.STEADY : wd.STEADY + 3] = wind_ned
        self._wind0[:, wd.GUST_SIGMA] = gust_m_s
        if not np.isfinite(self._wind0).all():
            raise ScenarioError("wind must be finite")
        self._blocks0 = self._first_blocks(pp.at_step(rows, dt))
        sensed = count if sensing else 0
        self._records = sensor_records(home, field_at(home))
        self._streams0 = np.array([seeded_streams(seed + i) for i in range(sensed)])
        self._advance = blocks_advance(rotors)
        self._sense_all = _senses(rotors)
        self.reset()

    def _first_blocks(self, rows: Array) -> Array:
        fields, blocks = self.fields, -(-self.count // LANES)
        home, airframe = self.home, self.airframe
        gravity = gravity_m_s2(home.lat_deg, home.alt_amsl_m)
        state = ps.level_state(heading_rad=float(np.radians(home.heading_deg)))
        state[ps.SPECIFIC + 2] = -gravity
        inputs = ps.still_air(gravity_m_s2=gravity, ground_d_m=airframe.resting_height_m)
        flat = np.zeros((blocks * LANES, fields.count))
        flat[:, : fields.inputs] = state[: fields.inputs]
        flat[:, fields.inputs : fields.params] = inputs[: fields.params - fields.inputs]
        flat[: self.count, fields.inputs + ps.WIND : fields.inputs + ps.WIND + 3] = self._wind0[
            :, wd.STEADY : wd.STEADY + 3
        ]
        # The last block's spare lanes stand still beside the others.
        flat[:, fields.params : fields.commands] = rows[0, : fields.param_count]
        flat[: self.count, fields.params : fields.commands] = rows[:, : fields.param_count]
        return np.ascontiguousarray(flat.reshape(blocks, LANES, fields.count).transpose(0, 2, 1))

    def reset(self) -> None:
        """Back to power-on, with the same seeds: what follows repeats bit for bit."""
        self.steps = 0
        self.blocks = self._blocks0.copy()
        self.flat = self.blocks.reshape(len(self.blocks), -1)
        if not self._sensing:
            return
        self._wind = self._wind0.copy()
        self._streams = self._streams0.copy()
        self._errors = np.zeros((self.count, sn.ERROR_SIZE))
        self.readings = np.zeros((self.count, sn.READING_SIZE))
        self.readings[:, sn.BATTERY_REMAINING] = 1.0
        self.readings[:, sn.GPS_EPH] = self.readings[:, sn.GPS_EPV] = 99.99
        for i in range(self.count):
            switch_on(self._errors[i], self._records, self._streams[i])
        self._run(0)

    def step(self, actuators: Array) -> Array:
        """Apply a duty of 0..1 to each motor, (count, rotors), for 4 ms with sensors, for one step without.

        Returns the sensors' readings, (count, READING_SIZE) laid out by `hil.sensors.layout`; without sensors the positions.
        Raises ScenarioError for actuators that are no numbers, Diverged when the physics left the numbers.
        """
        return self.hold(actuators, 1)

    def hold(self, actuators: Array, periods: int) -> Array:
        """The same for several periods with the same actuators, in one go."""
        self._check_actuators(actuators)
        self.write(self.fields.inputs + ps.DUTY, actuators)
        if not self._sensing:
            self.in_parts(lambda _, blocks: self._advance(blocks, self.dt, periods))
            self.steps += periods
            return self.pos_ned
        self._run(periods)
        self.steps += periods * FAST_STEPS
        self.check()
        return self.readings

    def _run(self, periods: int) -> None:
        """Physics and sensors for so many periods, the sensors alone for none."""
        self._sense_all(
            periods,
            self.steps,
            self.flat,
            self._wind,
            self._errors,
            self._records,
            self._streams,
            self.readings,
        )

    def _check_actuators(self, actuators: Array) -> None:
        if actuators.shape != (self.count, self.fields.rotors):
            raise ScenarioError(
                f"actuators must be {self.count} x {self.fields.rotors}, are {actuators.shape}"
            )
        if not np.isfinite(actuators).all():
            who = int(np.argmin(np.isfinite(actuators).all(axis=1)))
            raise ScenarioError(
                "actuators must be finite", where=f"vehicle {who} at {self.time_s:.3f} s: {actuators[who]}"
            )

    def in_parts(self, work: Callable[[int, Array], None]) -> None:
        """Give each thread its number and a share of the blocks."""
        if self.threads == 1:
            work(0, self.flat)
            return
        bounds = [len(self.flat) * i // self.threads for i in range(self.threads + 1)]
        with ThreadPoolExecutor(self.threads) as pool:
            parts = [self.flat[low:high] for low, high in itertools.pairwise(bounds)]
            list(pool.map(work, range(self.threads), parts))

    def check(self) -> None:
        """Raise Diverged if a vehicle's state is no number any more."""
        sound = np.isfinite(self.read(ps.POS, ps.RATE + 3 - ps.POS)).all(axis=1)
        if not sound.all():
            who = int(np.argmin(sound))
            raise Diverged(f"the physics left the numbers before {self.time_s:.3f} s", where=f"vehicle {who}")

    # --- looking ---

    @property
    def time_s(self) -> float:
        """Simulated seconds since power-on."""
        return self.steps * self.dt

    @property
    def bytes_per_vehicle(self) -> int:
        """Memory of the physics' fields."""
        return self.fields.count * 8

    def read(self, field: int, count: int) -> Array:
        """A copy of `count` fields from `field` on, a row a vehicle."""
        found = self.blocks[:, field : field + count, :].transpose(0, 2, 1)
        return found.reshape(-1, count)[: self.count].copy()

    def write(self, field: int, values: NDArray[np.float64]) -> None:
        """Set fields from `field` on to these rows."""
        whole = np.zeros((len(self.blocks) * LANES, values.shape[1]))
        whole[: self.count] = values
        count = values.shape[1]
        self.blocks[:, field : field + count, :] = whole.reshape(-1, LANES, count).transpose(0, 2, 1)

    @property
    def pos_ned(self) -> Array:
        return self.read(ps.POS, 3)

    @property
    def vel_ned(self) -> Array:
        return self.read(ps.VEL, 3)

    @property
    def quaternion(self) -> Array:
        return self.read(ps.QUAT, 4)

    @property
    def rates_frd(self) -> Array:
        return self.read(ps.RATE, 3)


@lru_cache
def _senses(rotors: int) -> Callable[..., None]:
    """Compiled: vehicles with so many rotors, and their sensors."""
    fields = Fields(rotors)
    inputs_at, params_at = fields.inputs * LANES, fields.params * LANES

    advance = blocks_advance(rotors)

    @stage
    def sense_all(
        periods: int,
        first: int,
        blocks: Array,
        winds: Array,
        errors: Array,
        records: Array,
        streams: Streams,
        readings: Array,
    ) -> None:
        """Physics for so many periods of FAST_STEPS, sensors after each; with no period the sensors alone."""
        for period in range(max(periods, 1)):
            step = first
            if periods > 0:
                advance(blocks, STEP_S, FAST_STEPS)
                step = first + (period + 1) * FAST_STEPS
            for i in range(readings.shape[0]):
                block, k = blocks[i // LANES], i % LANES
                state, inputs, params = _rows(block, k, inputs_at, params_at)
                sense(step, state, inputs, params, winds[i], errors[i], records, streams[i], readings[i])

    return sense_all


@stage
def _rows(block: Array, k: int, inputs_at: int, params_at: int) -> tuple[Array, Array, Array]:
    return lane(block, k), lane(block, inputs_at + k), lane(block, params_at + k)
