"""Checks of a batch's arguments: one value for all vehicles or one per vehicle."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hil.airframes.load import Airframe
from hil.errors import ScenarioError
from hil.faults.schedule import Fault, Part
from hil.geodesy import Home
from hil.physics import params as pp
from hil.physics.state import Array
from hil.sim.plant.vehicle_kinds import check_faults
from hil.sim.scenario import check_air, check_scenario
from hil.world import wind as wd

# Parameters that the physics divides by or takes the root of.
ABOVE_ZERO = {
    "mass": pp.MASS,
    "inertia about x": pp.INERTIA,
    "inertia about y": pp.INERTIA + 1,
    "inertia about z": pp.INERTIA + 2,
    "rise time": pp.TAU_UP,
    "fall time": pp.TAU_DOWN,
    "reference voltage": pp.REF_VOLTAGE,
    "rotor radius": pp.RADIUS,
    "efficiency": pp.EFFICIENCY,
    "capacity": pp.CAPACITY_C,
}


def each(name: str, value: ArrayLike, count: int, columns: int | None = None) -> Array:
    """Return one row for all or `count` rows of `columns` columns (None: scalars). Raises ScenarioError."""
    shape = () if columns is None else (columns,)
    try:
        found = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ScenarioError(f"{name} must be numbers, is {value!r}"[:200]) from None
    if found.shape not in (shape, (count, *shape)):
        raise ScenarioError(f"{name} must be of shape {shape} or {(count, *shape)}, is of {found.shape}")
    if not np.isfinite(found).all():
        bad = found[~np.isfinite(found)][0]
        raise ScenarioError(f"{name} must be finite, has {bad}")
    return found.reshape(-1, columns or 1)


def seeds_of(seed: int | Sequence[int], count: int) -> list[int]:
    """Return a seed per vehicle: `seed + i`, or those of a list. Raises ScenarioError."""
    try:
        if not isinstance(seed, Sequence | np.ndarray):
            first = operator.index(seed)
            seeds = list(range(first, first + count))
        else:
            seeds = [operator.index(one) for one in seed]
    except TypeError:
        raise ScenarioError(f"seed must be a whole number, is {seed!r}"[:200]) from None
    if len(seeds) != count:
        raise ScenarioError(f"seed must have {count} entries, has {len(seeds)}")
    if min(seeds) < 0:
        raise ScenarioError(f"seed must be 0 or above, is {min(seeds)}")
    return seeds


def params_of(airframe: Airframe, params: ArrayLike | None, count: int) -> Array:
    """Return one or `count` rows laid out by `hil.physics.params`. Raises ScenarioError."""
    if params is None:
        return airframe.params.reshape(1, -1)
    rows = each("params", params, count, pp.PARAM_SIZE)
    if not (rows[:, pp.ROTORS] == airframe.rotor_count).all():
        raise ScenarioError("all vehicles of a batch must have the airframe's number of rotors")
    for name, slot in ABOVE_ZERO.items():
        if not (rows[:, slot] > 0.0).all():
            bad = int(np.argmin(rows[:, slot] > 0.0))
            raise ScenarioError(
                f"the {name} must be above 0, is {rows[bad, slot]:g}", where=f"params of vehicle {bad}"
            )
    return rows


def weather_of(
    count: int,
    home: Home,
    wind: ArrayLike,
    gust: ArrayLike,
    stirred: ArrayLike,
    rough: ArrayLike,
    warmer: ArrayLike,
) -> tuple[Array, Array]:
    """Return rows laid out by `hil.world.wind`, and `warmer_k`: one for all or one each. Raises ScenarioError."""
    parts = [
        each("wind_ned", wind, count, 3),
        each("gust_m_s", gust, count),
        each("turbulence_m_s", stirred, count),
        each("roughness_m", rough, count),
    ]
    warmer_k = each("warmer_k", warmer, count)
    most = max(len(part) for part in parts)
    rows = np.zeros((most, wd.WIND_SIZE))
    rows[:, wd.STEADY : wd.STEADY + 3] = parts[0]
    for slot, part in zip((wd.GUST_SIGMA, wd.TURBULENCE, wd.ROUGHNESS), parts[1:], strict=True):
        rows[:, slot] = part[:, 0]
    for row in np.unique(rows, axis=0).tolist():
        check_scenario(home, (row[0], row[1], row[2]), row[wd.GUST_SIGMA])
        check_air(row[wd.TURBULENCE], row[wd.ROUGHNESS], 0.0)
    for value in np.unique(warmer_k).tolist():
        check_air(0.0, 0.0, value)
    return rows, warmer_k[:, 0]


def schedules_of(airframe: Airframe, faults: Sequence[Any], count: int) -> list[tuple[Fault, ...]]:
    """Return a schedule per vehicle, or an empty list without any fault. Raises ScenarioError."""
    faults = tuple(faults)
    if all(isinstance(fault, Fault) for fault in faults):
        schedules = [faults] * count if faults else []
    elif len(faults) != count:
        raise ScenarioError(f"must be one schedule for all or {count}, are {len(faults)}", where="faults")
    else:
        schedules = [_schedule(one) for one in faults]
    different = {fault for schedule in schedules for fault in schedule}
    check_faults(airframe, different)
    for fault in different:
        if fault.part is Part.GPS and fault.instance > 1:
            raise ScenarioError(f"a batch has no GPS receiver {fault.instance}", where="fault")
        if fault.part in (Part.RANGEFINDER, Part.FLOW):
            raise ScenarioError(f"a batch has no {fault.part.name.lower()} sensor", where="fault")
    return schedules if any(schedules) else []


def _schedule(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    schedule = (faults,) if isinstance(faults, Fault) else tuple(faults)
    for fault in schedule:
        if not isinstance(fault, Fault):
            raise ScenarioError(
                f"invalid fault {fault!r}", where="faults", hint="use Fault.parse to make one from text"
            )
    return schedule
