"""Missions of recordings of real autopilots, and the tracks flown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from controller.geo import great_circle_m
from controller.missions.from_wire import home_from_wire, plan_from_wire
from controller.missions.plan import Plan
from controller.protocol.mission.wire import item_from
from controller.wire import dialect
from controller.wire.message import Message
from controller.wire.tlog import TlogFrames

REAL = Path(__file__).parents[1] / "data" / "real"


def messages(name: str, *kinds: str) -> Iterator[tuple[int, Message]]:
    """Yield the sender's system id and the message, of these kinds, from a recording in `tests/data/real`."""
    for _, frame in TlogFrames((REAL / name).read_bytes()):
        if frame.name in kinds:
            yield frame.system, dialect.DECODERS[frame.msg_id](frame.raw)


def mission_of(name: str, *, first_seq: int, sender: int, vehicle_type: int = 0) -> Plan:
    """Return the mission that system `sender` sent: the vehicle (1) as read back, the ground station (255) as sent."""
    items = {
        message.seq: item_from(message)
        for system, message in messages(name, "MISSION_ITEM_INT", "MISSION_ITEM")
        if system == sender
    }
    assert sorted(items) == list(range(len(items)))
    mission = [items[seq] for seq in sorted(items)]
    home = home_from_wire(mission[0]) if first_seq else None
    return plan_from_wire(mission[first_seq:], home=home, vehicle_type=vehicle_type)


def flown_m(name: str) -> dict[int, float]:
    """Return the length of the track in metres when each item is first reported as reached."""
    reached: dict[int, float] = {}
    before: tuple[float, float] | None = None
    total_m = 0.0
    for system, message in messages(name, "GLOBAL_POSITION_INT", "MISSION_ITEM_REACHED"):
        if system != 1:
            continue
        if message.name == "MISSION_ITEM_REACHED":
            reached.setdefault(message.seq, total_m)
        elif message.lat or message.lon:
            here = (message.lat / 1e7, message.lon / 1e7)
            total_m += great_circle_m(*before, *here) if before else 0.0
            before = here
    return reached
