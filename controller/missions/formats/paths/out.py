"""The way of a plan for a file of places: where it flies and how high, and all else as losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from controller.missions import commands
from controller.missions.commands import CMD
from controller.missions.formats.paths.heights import above_sea_m
from controller.missions.formats.plan_losses import way_losses
from controller.missions.formats.waypoints_txt import plain
from controller.missions.losses import ConversionLoss
from controller.missions.plan import Plan, PlanItem


@dataclass(frozen=True, slots=True)
class PlaceOut:
    """A place to which the plan flies, and its height above mean sea level in m if it can be told."""

    item: PlanItem
    above_sea_m: float | None

    @property
    def above_ground(self) -> bool:
        """Whether its height is above the ground."""
        return self.item.frame in commands.TERRAIN_FRAMES


@dataclass(frozen=True, slots=True)
class PlacesOut:
    """The places of a plan in order, and what is lost of it."""

    places: list[PlaceOut] = field(default_factory=list)
    lost: list[ConversionLoss] = field(default_factory=list)


def way_out(
    plan: Plan, title: str, loss_of_height: Callable[[PlaceOut], tuple[str, str] | None]
) -> PlacesOut:
    """Return the way of a plan for the format `title`.

    `loss_of_height` returns why the format cannot hold the height of a place, and what it holds instead.
    """
    way = PlacesOut()
    why = f"{title} holds places only"
    for number_, item in enumerate(plan.items, start=1):
        if item.command not in commands.DESTINATIONS or not item.has_position:
            way.lost.append(ConversionLoss(number_, item.name, why))
            continue
        place = PlaceOut(item, above_sea_m(plan, item))
        way.places.append(place)
        if item.command != CMD.NAV_WAYPOINT:
            way.lost.append(ConversionLoss(number_, item.name, why, "a place of the way"))
        elif any(value == value and value != 0.0 for value in item.params[:4]):
            way.lost.append(
                ConversionLoss(number_, "its hold, radius and heading", why, "a place of the way")
            )
        if reason := loss_of_height(place):
            way.lost.append(ConversionLoss(number_, f"height {item.alt_m:g} m", *reason))
    way.lost.extend(way_losses(plan, title))
    return way


def number(value: float) -> str:
    """Return a number for a file of places: millimetres of height, or 1e-8 degrees (1 mm)."""
    return plain(round(value, 8))
