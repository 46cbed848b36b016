"""Comparison of the parameters on board with a file or with another aircraft, row by row, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.autopilots.param_docs.docs import Number
from controller.errors import AircraftRefused, LinkError
from controller.protocol.params.values import ParamValue
from controller.vehicle.param_load import LoadPlan, suggestion
from controller.vehicle.param_numbers import same_number
from controller.web.params.aircraft_params import AircraftParams
from controller.web.params.numbers import shown
from controller.web.params.set_rules import fits, protected, typed_value

Json = dict[str, Any]
# A parameter that PX4 does not list before its first use answers by name; a foreign file has hundreds of other names.
MOST_ASKED = 40


async def compare(params: AircraftParams, values: Mapping[str, Number], *, ask: bool) -> Json:
    """Return the rows of `values` against the aircraft, and the names on board that are not in `values`.

    With `ask` the aircraft is asked for parameters that it does not list before their first use.

    The state of a row is `same`, `differs` (may be written), `outside` (differs, and not in the documented range),
    `left` (differs, and is not written), `unfit` (does not fit the type) or `absent` (not on the aircraft).
    """
    onboard = dict(params.values)
    if ask:
        await _ask_unlisted(params, onboard, values)
    rows = [_row(params, onboard, name, values[name]) for name in sorted(values)]
    return {
        "rows": rows,
        "missing": sorted(onboard.keys() - values.keys()),
    }


def _row(params: AircraftParams, onboard: Mapping[str, ParamValue], name: str, value: Number) -> Json:
    before = onboard.get(name)
    row: Json = {
        "name": name,
        "file": shown(value),
        "onboard": None if before is None else shown(before.value),
    }
    if before is None:
        return {
            **row,
            "state": "absent",
            "why": f"the aircraft has no such parameter{suggestion(name, onboard)}",
        }
    if same_number(before.value, value, before.type):
        return {**row, "state": "same", "why": ""}
    doc = params.docs[name]
    misfit = fits(before, value, params.vehicle)
    if misfit:
        return {**row, "state": "unfit", "why": misfit}
    reason = protected(params.vehicle, doc)
    if reason:
        return {**row, "state": "left", "why": reason}
    problem = doc.problem(value)
    return {**row, "state": "outside" if problem else "differs", "why": problem}


async def _ask_unlisted(
    params: AircraftParams, onboard: dict[str, ParamValue], values: Mapping[str, Number]
) -> None:
    if params.vehicle.autopilot.lists_all_params:
        return
    for name in [one for one in values if one not in onboard and one in params.docs][:MOST_ASKED]:
        try:
            onboard[name] = await params.vehicle.params.read(name)
        except (AircraftRefused, LinkError):
            continue


def plan_of(params: AircraftParams, chosen: Mapping[str, str], *, everything: bool) -> LoadPlan:
    """Return the plan that writes the chosen rows; what cannot be written is in it with the reason.

    `everything` writes values that the autopilot maintains, too. Raises UserError for a text that is no number.
    """
    changes: dict[str, tuple[ParamValue, Number]] = {}
    impossible: dict[str, str] = {}
    for name, text in chosen.items():
        before = params.values.get(name)
        if before is None:
            impossible[name] = "the aircraft has no such parameter"
            continue
        value = typed_value(before, text)
        reason = "" if everything else protected(params.vehicle, params.docs[name])
        misfit = fits(before, value, params.vehicle) or reason
        if misfit:
            impossible[name] = misfit
        elif not same_number(before.value, value, before.type):
            changes[name] = (before, value)
    return LoadPlan(changes, impossible, ())
