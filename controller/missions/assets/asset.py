"""Assets of a line: towers and kilometre posts, the spans between them, and the part of a line that is ordered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from controller.missions.errors import PlanError
from controller.missions.path import Position

_NUMBER = r"\d{1,9}(?:[.,]\d{1,6})?"
_RANGE = re.compile(
    rf"(?:([^\W\d]+)\s+)?({_NUMBER})(?:\s*(?:-|–|\bto\b|\bbis\b|\.\.)\s*(?:km\s*)?({_NUMBER}))?", re.I
)
_TOWERS = frozenset(
    [
        "tower",
        "towers",
        "mast",
        "masts",
        "maste",
        "masten",
        "pole",
        "poles",
        "span",
        "spans",
        "asset",
        "assets",
    ]
)
_KM = frozenset(["km", "kilometre", "kilometres", "kilometer", "kilometers"])
_IN_NAME = re.compile(r"\d{1,9}")


@dataclass(frozen=True, slots=True)
class Asset:
    """Tower or kilometre post, latitude and longitude in degrees. `height_m` is above its foot, None if not known.

    `number` is that of the tower, or the kilometre; None for a name without one.
    """

    kind: Literal["tower", "km"]
    name: str
    lat_deg: float
    lon_deg: float
    height_m: float | None = None
    number: float | None = None

    @property
    def position(self) -> Position:
        """Latitude and longitude, degrees."""
        return self.lat_deg, self.lon_deg

    @property
    def title(self) -> str:
        """Name with its kind, such as "tower 14"."""
        return f"{self.kind} {self.name}" if self.name[:1].isdigit() else self.name


def number_in(name: str) -> float | None:
    """Return the last whole number of a name, None for none."""
    found = _IN_NAME.findall(name)
    return float(found[-1]) if found else None


def span_of(begin: Asset, end: Asset) -> str:
    """Return the name of what is between two assets, such as "span 14-15"."""
    if begin.kind == "km":
        return f"km {begin.name}-{end.name}"
    return f"span {begin.name}-{end.name}"


def chosen(assets: Sequence[Asset], order: str) -> tuple[Asset, ...]:
    """Return the assets of an order: "towers 14 to 22", "14-22", "tower 14" or "km 3.2 to 4.1".

    Those between the two numbers are taken in the order of the line, backwards where the first one comes later. The
    ends of a kilometre range are places between the posts. Raises PlanError for assets that the line does not have.
    """
    found = _RANGE.fullmatch(" ".join(order.split()))
    word = (found[1] or "").lower() if found else ""
    if found is None or (word and word not in _TOWERS | _KM):
        raise PlanError(
            f"invalid order of assets {order[:40]!r}",
            hint='write "towers 14 to 22", "14-22" or "km 3.2 to 4.1"',
        )
    first, last = (float(one.replace(",", ".")) for one in (found[2], found[3] or found[2]))
    kinds = {one.kind for one in assets}
    if word in _KM or (not word and kinds == {"km"}):
        return _kilometres(assets, first, last)
    begin, end = (_index(assets, number) for number in (first, last))
    return tuple(assets[begin : end + 1] if begin <= end else assets[end : begin + 1][::-1])


def _index(assets: Sequence[Asset], number: float) -> int:
    found = [index for index, one in enumerate(assets) if one.number == number]
    if len(found) == 1:
        return found[0]
    how = "no" if not found else f"{len(found)} assets with the"
    raise PlanError(
        f"cannot choose the assets: the line has {how} number {number:g}", hint=f"it has {_shown(assets)}"
    )


def _kilometres(assets: Sequence[Asset], first: float, last: float) -> tuple[Asset, ...]:
    posts = sorted((one for one in assets if one.kind == "km" and one.number is not None), key=_kilometre)
    low, high = min(first, last), max(first, last)
    if not posts or low < _kilometre(posts[0]) or high > _kilometre(posts[-1]):
        raise PlanError(
            f"cannot choose the assets: the line has no km {low:g} to {high:g}",
            hint=f"it has {_shown(assets)}",
        )
    inside = [one for one in posts if low < _kilometre(one) < high]
    taken = [_between(posts, low), *inside, *([_between(posts, high)] if high > low else [])]
    return tuple(taken if first <= last else taken[::-1])


def _kilometre(post: Asset) -> float:
    return post.number or 0.0


def _between(posts: Sequence[Asset], km: float) -> Asset:
    """Return the place at a kilometre, on the straight line between its neighbours."""
    index = next(index for index, one in enumerate(posts) if _kilometre(one) >= km)
    after = posts[index]
    if _kilometre(after) == km or index == 0:
        return after
    before = posts[index - 1]
    share = (km - _kilometre(before)) / (_kilometre(after) - _kilometre(before))
    return Asset(
        "km",
        f"{km:g}",
        before.lat_deg + share * (after.lat_deg - before.lat_deg),
        before.lon_deg + share * (after.lon_deg - before.lon_deg),
        before.height_m,
        km,
    )


def _shown(assets: Sequence[Asset]) -> str:
    names = [one.title for one in assets]
    return ", ".join(names) if len(names) <= 3 else f"{names[0]}, {names[1]}, ... {names[-1]}"
