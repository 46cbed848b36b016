"""A batch in which things break: every vehicle has its schedule, played as it is for a single vehicle, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.airframes.load import Airframe
from hil.errors import ScenarioError
from hil.faults.schedule import Fault, Kind, Part, fault_rows
from hil.jit import LANES, lane, stage
from hil.physics import state as ps
from hil.physics.batch import BatchSim
from hil.physics.lanes import Fields, blocks_advance
from hil.physics.state import DUTY, Array
from hil.sensors.noise import Streams
from hil.sensors.suite import FAST_STEPS, STEP_S, sense
from hil.sim.breaking import HELD_SIZE, break_parts, hold_readings, spoil_readings
from hil.sim.gusts import wind_in_gusts
from hil.world import wind as wd


class FaultyBatch(BatchSim):
    """`BatchSim` with `faults`: one schedule for all vehicles, or a sequence with one each. Other arguments are BatchSim's.

    It senses always. Raises ScenarioError.
    """

    def __init__(
        self,
        airframe: Airframe,
        count: int,
        *,
        faults: Sequence[Fault] | Sequence[Iterable[Fault]] = (),
        **options: Any,
    ) -> None:
        if options.pop("sensing", True) is not True:
            raise ScenarioError("faults break sensors too: a batch with faults senses")
        self._schedules = _schedules(faults, count)
        for schedule in self._schedules:
            for fault in schedule:
                if fault.part is Part.MOTOR and fault.instance > airframe.rotor_count:
                    raise ScenarioError(f"{airframe.name} has no motor {fault.instance}", where="fault")
                if fault.part in (Part.AIRSPEED, Part.RANGEFINDER, Part.FLOW):
                    raise ScenarioError(f"a batch has no {fault.part.name.lower()}", where="fault")
        rows = [fault_rows(schedule) for schedule in self._schedules]
        self._faults = np.vstack(rows)
        self._from = np.cumsum([0, *(len(row) for row in rows)])
        self._gusty = [i for i, all_ in enumerate(self._schedules) if any(f.kind is Kind.GUST for f in all_)]
        super().__init__(airframe, count, **options)

    def reset(self) -> None:
        """Back to power-on, nothing broken yet."""
        self._duties = np.zeros((self.count, self.fields.rotors))
        self._healths = np.ones((self.count, ps.MAX_ROTORS))
        self._raws: Array | None = None
        self._helds = np.zeros((len(self._faults), HELD_SIZE))
        super().reset()

    def _check_actuators(self, actuators: Array) -> None:
        super()._check_actuators(actuators)
        self._duties = np.ascontiguousarray(actuators, dtype=np.float64)

    def _run(self, periods: int) -> None:
        if self._raws is None:
            self._raws = self.readings.copy()
            for i in range(self.count):
                part = slice(self._from[i], self._from[i + 1])
                hold_readings(self._faults[part], self._helds[part], self._raws[i])
        if not self._gusty:
            self._play(periods, self.steps)
            return
        for period in range(max(periods, 1)):
            first = self.steps + period * FAST_STEPS
            at = first + (FAST_STEPS if periods else 0)
            for i in self._gusty:
                north, east, down = self._wind0[i, wd.STEADY : wd.STEADY + 3].tolist()
                blown = wind_in_gusts((north, east, down), self._schedules[i], at)
                self._wind[i, wd.STEADY : wd.STEADY + 3] = blown
            self._play(min(periods, 1), first)

    def _play(self, periods: int, first: int) -> None:
        _plays(self.fields.rotors)(
            periods, first, self.flat, self._wind, self._errors, self._records, self._streams, self._raws,
            self.readings, self._faults, self._from, self._helds, self._healths, self._duties,
        )  # fmt: skip


def _schedules(faults: Sequence[Any], count: int) -> list[tuple[Fault, ...]]:
    if all(isinstance(fault, Fault) for fault in faults):
        return [tuple(faults)] * count
    if len(faults) != count:
        raise ScenarioError(f"there are {len(faults)} schedules for {count} vehicles")
    return [tuple(schedule) for schedule in faults]


@lru_cache
def _plays(rotors: int) -> Callable[..., None]:
    """Compiled: physics, sensors and what is broken of vehicles with so many rotors."""
    fields = Fields(rotors)
    inputs_at, params_at = fields.inputs * LANES, fields.params * LANES
    advance = blocks_advance(rotors)

    @stage
    def play(
        periods: int, first: int, blocks: Array, winds: Array, errors: Array, records: Array, streams: Streams,
        raws: Array, readings: Array, faults: Array, begins: NDArray[np.int64], helds: Array, healths: Array,
        duties: Array,
    ) -> None:  # fmt: skip
        for period in range(max(periods, 1)):
            step = first
            if periods > 0:
                for i in range(readings.shape[0]):
                    duty = lane(blocks[i // LANES], inputs_at + DUTY * LANES + i % LANES)
                    for m in range(rotors):
                        duty[m] = duties[i, m] * healths[i, m]
                advance(blocks, STEP_S, FAST_STEPS)
                step = first + (period + 1) * FAST_STEPS
            now_s = step * STEP_S
            for i in range(readings.shape[0]):
                block, k = blocks[i // LANES], i % LANES
                state, inputs, params = lane(block, k), lane(block, inputs_at + k), lane(block, params_at + k)
                mine, held = faults[begins[i] : begins[i + 1]], helds[begins[i] : begins[i + 1]]
                break_parts(now_s, mine, healths[i], inputs, errors[i])
                sense(step, state, inputs, params, winds[i], errors[i], records, streams[i], raws[i])
                spoil_readings(now_s, mine, held, raws[i], readings[i])

    return play
