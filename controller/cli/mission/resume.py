"""`landline mission resume`: the plan of what a flight left."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.cli.common import Output
from controller.cli.logs.shared import Flight, Flights
from controller.cli.mission.options import Json

RESUME_EXAMPLE = "Example: landline mission resume last --out rest.plan"


def resume(
    flight: Flight,
    flights: Flights = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="File to write; its ending chooses the format; - is standard output.",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Plan the rest of a flight that ended early: from its last photo, or from the last item it reached.

    The last photo is taken again. Take-off and the way to it are added; the way home stays that of the plan.
    """
    from controller.app.planning.resume import rest_of_flight
    from controller.cli.logs.find_log import folder_of
    from controller.cli.mission.plan.finish import save_plans
    from controller.logs.flights.find import find_flight
    from controller.missions.checks.check import check
    from controller.missions.checks.findings import grouped

    output = Output(json)
    folder = find_flight(folder_of(flights), flight)
    rest = rest_of_flight(folder)
    if rest is None:
        output.emit("summary", completed=True, items=0, file=None)
        output.result(f"{folder.name}: the flight was completed: it reached all points of its plan")
        return 0
    findings = check(rest.plan)
    names, shown = save_plans((rest.plan,), out, output)
    for finding in grouped(findings):
        output.note(f"{finding.severity}: {finding}")
    output.note(
        "the straight way from home to the first point is new: look that it is clear of the ground and of keep-outs"
    )
    where = f"the last photo after item {rest.item}" if rest.photo else f"item {rest.item}"
    output.emit(
        "summary",
        completed=False,
        item=rest.item,
        photo=rest.photo,
        items=len(rest.plan.items),
        file=names[0] if names else None,
        findings=[{"severity": str(one.severity), "item": one.item, "what": one.what} for one in findings],
    )
    line = f"{folder.name}: {len(rest.plan.items)} items are left, from {where}"
    (output.note if shown else output.result)(line)
    return 0
