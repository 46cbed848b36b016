"""Proof that a finished plan stays out of its route's keep-outs: of all legs, whatever stage made them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from controller.errors import SafetyRefused
from controller.missions.commands import CMD
from controller.missions.path import Position
from controller.missions.plan import Plan


def refuse_crossing(plan: Plan, keep_out: Sequence[Sequence[Position]]) -> None:
    """Raise SafetyRefused where a straight leg of the plan, from and to home, touches an area (corners, degrees)."""
    if not keep_out:
        return
    import shapely

    from controller.missions.patterns.local_map import LocalMap

    home = [] if plan.home is None else [(plan.home.lat_deg, plan.home.lon_deg)]
    places: list[Position] = [*home]
    numbers = [0] * len(home)
    for number, item in enumerate(plan.items, start=1):
        if item.command == CMD.NAV_RETURN_TO_LAUNCH:
            places += home
            numbers += [number] * len(home)
        elif item.has_position and item.command != CMD.DO_SET_ROI_LOCATION:
            places.append((item.lat_deg, item.lon_deg))
            numbers.append(number)
    on_earth = LocalMap.around(places)
    points = on_earth.all_to_map(places)
    closed = shapely.union_all([shapely.Polygon(on_earth.all_to_map(area)) for area in keep_out])
    shapely.prepare(closed)
    legs = shapely.linestrings([[one, two] for one, two in pairwise(points)])
    for index, touches in enumerate(shapely.intersects(closed, legs)):
        if touches:
            raise SafetyRefused(
                f"cannot plan the flight: the way to item {numbers[index + 1]} passes a keep-out",
                hint="move home, or use a smaller buffer",
            )
