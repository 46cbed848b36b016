"""Checks of a typed value before it is written: number, type, documentation, and the state of the aircraft."""

from __future__ import annotations

from controller.autopilots.param_docs.docs import Number, ParamDoc
from controller.errors import SafetyRefused, UserError
from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import encode, is_integer
from controller.vehicle.param_numbers import number_text, parse_number
from controller.vehicle.vehicle import Vehicle


def check_change(
    vehicle: Vehicle, doc: ParamDoc, known: ParamValue, text: str, *, outside: bool, armed: bool
) -> Number:
    """Return the number to write.

    Raises UserError for what is no value of this parameter, SafetyRefused where the operator must confirm more:
    `outside` for a value outside the documented range, `armed` for an armed aircraft.
    """
    name = known.name
    wanted = typed_value(known, text)
    reason = protected(vehicle, doc)
    if reason:
        raise UserError(f"cannot write {name}: {reason}")
    problem = doc.problem(wanted)
    if problem and not outside:
        raise SafetyRefused(
            f"cannot write {name}: {number_text(wanted)} {problem}",
            hint="allow values outside the documented range, if you are sure",
        )
    if vehicle.state.armed and not armed:
        raise SafetyRefused(
            f"cannot write {name}: the aircraft is armed", hint="disarm it, or allow the change while armed"
        )
    misfit = fits(known, wanted, vehicle)
    if misfit:
        raise UserError(f"cannot write {name}: {misfit}")
    return wanted


def typed_value(known: ParamValue, text: str) -> Number:
    """Return the number in `text` as the type of the parameter has it. Raises UserError."""
    wanted = parse_number(text.strip(), known.name)
    if is_integer(known.type):
        if wanted != int(wanted):
            raise UserError(f"cannot write {known.name}: {number_text(wanted)} is not a whole number")
        return int(wanted)
    return wanted


def fits(known: ParamValue, wanted: Number, vehicle: Vehicle) -> str:
    """Return why a value does not fit the type of a parameter, "" if it does."""
    try:
        encode(wanted, known.type, vehicle.encoding)
    except UserError as error:
        return error.what
    return ""


def protected(vehicle: Vehicle, doc: ParamDoc) -> str:
    """Return why a parameter is not written, "" for one that is."""
    if doc.read_only:
        return "its documentation says that it is read only"
    if vehicle.autopilot.maintains(doc.name):
        return "the autopilot maintains it: statistics, or calibration found in flight"
    return ""
