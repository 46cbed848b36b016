"""The asset that a mission item is of, such as "tower 14": an own key of the item, which `.plan` files keep."""

from __future__ import annotations

import json
from dataclasses import replace

from controller.missions.plan import PlanItem

ASSET_KEY = "asset"
_LONGEST = 100


def named(item: PlanItem, asset: str) -> PlanItem:
    """Return the item with the name of its asset."""
    kept = json.loads(item.extra) if item.extra else {}
    return replace(item, extra=json.dumps(kept | {ASSET_KEY: asset}, sort_keys=True, allow_nan=False))


def asset_of(item: PlanItem) -> str:
    """Return the name of the item's asset on one line, "" for none."""
    if not item.extra:
        return ""
    name = json.loads(item.extra).get(ASSET_KEY)
    return clean(name) if isinstance(name, str) else ""


def clean(name: str) -> str:
    """Return a name of another program's file as one printable line."""
    return "".join(one for one in " ".join(name.split()) if one.isprintable())[:_LONGEST]
