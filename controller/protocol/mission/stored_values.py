"""How autopilots store one number of a mission item, by the names that the facts use (`u16`, `heading`, ...)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from controller.protocol.mission.items import float32

_TURN_STEPS = 256
_DEGREES = float32(180.0 / float32(math.pi))
_RADIANS = float32(float32(math.pi) / 180.0)
_TWO_PI = float32(2.0 * math.pi)


@dataclass(frozen=True, slots=True)
class AllowedChange:
    """Change of one field by the storage: the value that reads back, others that count as the same, and the reason."""

    stored: float
    why: str
    allows: Callable[[float], bool]


StorageRule: TypeAlias = Callable[[float], AllowedChange]


def same_on_wire(one: float, two: float) -> bool:
    """Return whether two values are equal with 32-bit float precision; NaN equals NaN."""
    if isinstance(one, int) and isinstance(two, int):
        return one == two
    one, two = float32(one), float32(two)
    return one == two or (math.isnan(one) and math.isnan(two))


def stored_as(value: float, why: str) -> AllowedChange:
    """Return a rule that allows exactly this value."""
    return AllowedChange(value, why, lambda received: same_on_wire(received, value))


DROPPED = stored_as(0.0, "not stored by this autopilot")


def whole(value: float) -> int:
    """Return the number without its fraction; 0 for NaN and infinities."""
    return math.trunc(value) if math.isfinite(value) else 0


def _integer(bits: int, *, signed: bool = False) -> StorageRule:
    """Return the rule of an integer of `bits` bits: larger numbers wrap, on some processors they are limited."""
    size = 1 << bits
    low, high = (-size // 2, size // 2 - 1) if signed else (0, size - 1)

    def rule(value: float) -> AllowedChange:
        number = whole(value)
        wrapped = float((number - low) % size + low)
        limited = float(max(low, min(high, number)))
        return AllowedChange(wrapped, f"stored as {bits} bits", lambda got: got in (wrapped, limited))

    return rule


def _float(value: float) -> AllowedChange:
    return stored_as(float32(value), "stored unchanged")


def _flag(value: float) -> AllowedChange:
    return stored_as(1.0 if value > 0 else 0.0, "stored as 0 or 1")


def _direction(value: float) -> AllowedChange:
    return stored_as(-1.0 if value < 0 else 1.0, "stored as a direction")


def _signed_radius(value: float) -> AllowedChange:
    size = min(65535, abs(whole(value)))
    return stored_as(math.copysign(size, value) if size else 0.0, "stored as whole metres")


def _turns_radius(value: float) -> AllowedChange:
    size = abs(value) if math.isfinite(value) else 0.0
    stored = math.trunc(size) if size <= 255 else 10 * min(255, math.trunc(float32(size * 0.1)))
    signed = math.copysign(stored, value) if stored else 0.0
    return stored_as(signed, "stored as metres, above 255 m as tens of metres")


def _turns(value: float) -> AllowedChange:
    if not math.isfinite(value):
        return DROPPED
    # Before 4.3 whole turns only; since then also fractions below one turn.
    limited = float(min(255, math.trunc(value)))
    stored = math.trunc(value * _TURN_STEPS) / _TURN_STEPS if 0 < value < 1 else limited
    return AllowedChange(
        stored,
        "stored as whole turns",
        lambda got: got == limited or (value < 1 and abs(got - value) <= 1 / _TURN_STEPS),
    )


def _centimetres(value: float) -> AllowedChange:
    # The last centimetre is truncated or not, depending on float rounding.
    stored = float32(whole(float32(float32(value) * 100.0)) * float32(0.01))
    return AllowedChange(
        stored,
        "stored as centimetres",
        lambda got: abs(got - value) < 0.0101 and abs(got * 100 - round(got * 100)) < 0.02,
    )


def _whole_metres(value: float) -> AllowedChange:
    return stored_as(float(whole(value)), "stored as whole metres")


def _heading(value: float) -> AllowedChange:
    if not math.isfinite(value):
        return stored_as(value, "stored unchanged")
    radians = float32(float32(value) * _RADIANS)
    radians = float32(radians - float32(_TWO_PI * math.floor(radians / _TWO_PI)))
    return AllowedChange(
        float32(radians * _DEGREES),
        "stored as radians from 0 to 2 pi",
        lambda got: 0 <= got <= 360 and abs((got - value + 180) % 360 - 180) < 1e-3,
    )


RULES: Mapping[str, StorageRule] = {
    "u8": _integer(8),
    "i8": _integer(8, signed=True),
    "u16": _integer(16),
    "i16": _integer(16, signed=True),
    "float": _float,
    "flag": _flag,
    "direction": _direction,
    "signed_radius": _signed_radius,
    "turns_radius": _turns_radius,
    "turns": _turns,
    "centimetres": _centimetres,
    "whole_metres": _whole_metres,
    "heading": _heading,
}
