"""`landline audit erase`: erase data by flight, by age or by kind, and say what is proved about it."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output
from controller.cli.logs.shared import Flights, Json, counted

if TYPE_CHECKING:
    from controller.app.held.erase import ErasePlan
    from controller.app.held.proof import ErasureProof
    from controller.app.held.survey import Places

EXAMPLE = "Example: landline audit erase --older-than 90d"
_AGE = re.compile(r"(\d+(?:\.\d+)?)([hdw])")
_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}
_MOST_SHOWN = 40


def erase(
    flight: Annotated[
        list[str] | None,
        typer.Option(
            "--flight",
            metavar="NAME",
            help="A flight: its folder, its name or the beginning of it, or 'last'. Repeatable.",
        ),
    ] = None,
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="AGE",
            help="Flights that began earlier, such as 90d, 2w, 12h; with --kind, data that did not change since.",
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="A kind of data, as in `landline audit data`: caches, reports, metadata, ... Repeatable.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without asking.")] = False,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Erase flights or kinds of data from this machine.

    Shows what will be erased, and asks. Afterwards searches Landline's files for the flights, and says what cannot be
    proved. Never erases a flight that is being recorded, and never follows links.
    """
    from controller.app.held.erase import erase as work
    from controller.app.held.proof import prove, traits_of
    from controller.app.held.survey import known_places
    from controller.cli.logs.find_log import folder_of
    from controller.clock import SystemClock

    out, utc_us = Output(json), SystemClock().utc_us()
    days = None if older_than is None else _days(older_than)
    _check_choice(flight or [], days, kind or [])
    places = known_places(None if flights is None else folder_of(flights))
    plan = _planned(places, flight or [], days, kind or [], now_utc_s=utc_us / 1e6)
    _show(out, plan)
    if plan.is_empty:
        out.emit("summary", flights=0, files=0, bytes=0, proved=True)
        out.result("nothing to erase")
        return 0
    if not yes:
        _ask(out)
    traits = traits_of(plan.flights)
    failed = work(plan, places, utc_us=utc_us)
    proof = prove(plan, traits, places)
    _show_proof(out, plan, proof)
    out.emit(
        "summary",
        flights=len(plan.flights),
        files=sum(target.files for target in plan.targets),
        bytes=sum(target.bytes for target in plan.targets),
        proved=proof.ok and not failed,
    )
    _check_proof(proof, dict(failed))
    return 0


def _days(age: str) -> float:
    from controller.errors import UserError

    found = _AGE.fullmatch(age.strip())
    if found is None:
        raise UserError(f"invalid age '{age}'", where="--older-than", hint="give a number and h, d or w: 90d")
    return float(found[1]) * _DAYS[found[2]]


def _check_choice(flights: list[str], days: float | None, kinds: list[str]) -> None:
    """Refuse a choice that says nothing, or two things. Raises UserError."""
    from controller.app.held.kinds import ERASABLE, KEYS
    from controller.errors import UserError

    if not flights and days is None and not kinds:
        raise UserError("nothing chosen", where="audit erase", hint="give --flight, --older-than or --kind")
    if flights and (days is not None or kinds):
        raise UserError(
            "cannot combine --flight with --older-than or --kind",
            where="audit erase",
            hint="erase one after the other",
        )
    for kind in kinds:
        if kind not in ERASABLE:
            raise UserError(
                f"cannot erase the kind '{kind}' alone",
                where="--kind",
                hint=f"choose from {', '.join(ERASABLE)}",
            )
    keys = sorted(set(kinds) & set(KEYS))
    if keys and len(set(kinds)) > 1:
        raise UserError(
            f"cannot erase {keys[0]} together with other kinds: it cannot be made again",
            where="--kind",
            hint="erase it alone",
        )


def _planned(
    places: Places, flights: list[str], days: float | None, kinds: list[str], *, now_utc_s: float
) -> ErasePlan:
    from controller.app.held.erase import plan_flights, plan_kinds, plan_older

    if kinds:
        return plan_kinds(places, kinds, now_utc_s=now_utc_s, days=days)
    if days is not None:
        return plan_older(places, days=days, now_utc_s=now_utc_s)
    return plan_flights(places, flights, now_utc_s=now_utc_s)


def _show(out: Output, plan: ErasePlan) -> None:
    """Print what will be erased, what stays and why, and what becomes impossible."""
    from controller.app.held.kinds import NAMES

    for folder in plan.flights:
        out.emit("erase", kind="flight", path=str(folder))
        out.result(f"flight  {folder}")
    for number, target in enumerate(plan.targets):
        out.emit(
            "erase", kind=target.kind.name, path=str(target.path), files=target.files, bytes=target.bytes
        )
        if number < _MOST_SHOWN:
            out.result(f"{target.kind.name}  {target.path}")
    if len(plan.targets) > _MOST_SHOWN:
        out.result(f"and {counted(len(plan.targets) - _MOST_SHOWN, 'more', 'more')}: --json lists all")
    for path, reason in plan.kept:
        out.emit("kept", path=str(path), reason=reason)
        out.result(f"stays  {path}: {reason}")
    if plan.targets:
        size = sum(target.bytes for target in plan.targets)
        out.result(f"{counted(sum(target.files for target in plan.targets), 'file')}, {size / 1e6:,.3f} MB")
    for name in dict.fromkeys(target.kind.name for target in plan.targets):
        out.emit("warning", kind=name, text=NAMES[name].warning)
        out.note(f"{name}: {NAMES[name].warning}")


def _ask(out: Output) -> None:
    """Ask on the terminal. Raises SafetyRefused without one, and for any answer but yes."""
    from controller.errors import SafetyRefused

    if out.json or sys.stdin is None or not sys.stdin.isatty():
        raise SafetyRefused("cannot erase: no terminal to confirm on; nothing was erased", hint="add --yes")
    out.note("This cannot be undone. Type yes to erase:")
    if sys.stdin.readline().strip().lower() != "yes":
        raise SafetyRefused("cannot erase: not confirmed; nothing was erased")


def _show_proof(out: Output, plan: ErasePlan, proof: ErasureProof) -> None:
    many = [counted(len(plan.flights), "flight")] if plan.flights else []
    many += [counted(sum(target.files for target in plan.targets), "file")] if plan.targets else []
    out.result(f"erased: {', '.join(many)}")
    if plan.flights:
        out.emit("searched", files=proof.searched_files, bytes=proof.searched_bytes)
        out.result(
            f"searched {counted(proof.searched_files, 'file')} of Landline's, {proof.searched_bytes / 1e6:,.1f} MB"
        )
    for trace in proof.traces:
        out.emit("trace", path=str(trace.path), what=trace.what, positions=trace.positions)
        out.result(f"{'still there' if trace.positions else 'remains'}: {trace.path}: {trace.what}")
    for limit in proof.limits:
        out.emit("not-proved", text=limit)
        out.result(f"not proved: {limit}")


def _check_proof(proof: ErasureProof, failed: dict[object, str]) -> None:
    from controller.errors import VerificationFailed

    if proof.left:
        first = proof.left[0]
        raise VerificationFailed(
            f"cannot erase all: {counted(len(proof.left), 'path')} still there: {failed.get(first, 'made again')}",
            where=str(first),
            hint="end every running Landline and erase again",
        )
    traces = [trace for trace in proof.traces if trace.positions]
    if traces:
        raise VerificationFailed(
            f"the erased flights are gone, but {counted(len(traces), 'file')} of Landline's may hold their positions: "
            f"{traces[0].what}",
            where=str(traces[0].path),
            hint="end every running Landline; then landline audit erase --kind temporary",
        )
