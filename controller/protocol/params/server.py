"""Parameter server: read, set and list. The list is paced, so that other messages get through."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from controller.errors import UserError
from controller.protocol.message_fields import is_addressed_to
from controller.protocol.params import wire as param_codec
from controller.protocol.params.values import HASH_CHECK, NO_INDEX, ParamValue, hash_of
from controller.protocol.params.wire import ParamEncoding
from controller.protocol.state_machine import StateMachine
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.enums import MAV_PARAM_ERROR
from controller.wire.message import Message

_DOES_NOT_EXIST = int(MAV_PARAM_ERROR.DOES_NOT_EXIST)
_OUT_OF_RANGE = int(MAV_PARAM_ERROR.VALUE_OUT_OF_RANGE)
_READ_ONLY = int(MAV_PARAM_ERROR.READ_ONLY)


class ParamStore:
    """Parameters by name, with a fixed order (their index) and fixed types.

    `check(value)` returns the value to store (for example clipped to a range), or None to refuse. `on_change(value)` is
    called after every change.
    """

    def __init__(
        self,
        values: Iterable[ParamValue],
        *,
        check: Callable[[ParamValue], ParamValue | None] = lambda value: value,
        on_change: Callable[[ParamValue], None] | None = None,
    ) -> None:
        self._values = {value.name: value for value in values}
        self._names = list(self._values)
        self._indices = {name: index for index, name in enumerate(self._names)}
        self._check = check
        self._on_change = on_change

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __getitem__(self, name: str) -> float | int:
        """Return the value of the parameter `name`. Raises KeyError."""
        return self._values[name].value

    def get(self, name: str) -> ParamValue | None:
        """Return the parameter `name`, or None."""
        return self._values.get(name)

    def at(self, index: int) -> ParamValue | None:
        """Return the parameter with this index, or None."""
        return self._values[self._names[index]] if 0 <= index < len(self._names) else None

    def index_of(self, name: str) -> int:
        """Return the index of the parameter `name`. Raises KeyError."""
        return self._indices[name]

    def values(self) -> list[ParamValue]:
        """Return all parameters in the order of their indices."""
        return [self._values[name] for name in self._names]

    def set(self, name: str, value: float | int) -> bool:
        """Set a value, as PARAM_SET does. Returns whether `check` accepted it. Raises KeyError for an unknown name."""
        old = self._values[name]
        new = self._check(replace(old, value=value))
        if new is None:
            return False
        if not param_codec.same_value(new.value, old.value, old.type):
            self._values[name] = new
            if self._on_change is not None:
                self._on_change(new)
        return True


@dataclass(frozen=True, slots=True)
class ParamBehavior:
    """What differs between autopilots."""

    sends_errors: bool = False
    """Answers invalid requests with PARAM_ERROR, else not at all for an unknown name, and with the old value."""
    checks_type: bool = False
    """A PARAM_SET with another type than the parameter's is ignored."""
    cuts_to_type: bool = False
    """An integer is stored without its fraction, and within the range of its type; else such values are refused."""
    echoes: int = 1
    """How often PARAM_VALUE is sent after a change."""
    hash_leaves_out: tuple[str, ...] = ()
    """Patterns of the parameters that do not count in the hash of the list."""


class ParamService(StateMachine[None]):
    """Serves `store` as `own_address`. Never ends.

    The list is sent `burst` messages every `interval_s` (choose an interval that leaves half of the link free: the
    guide asks for 30 to 50 per cent). `hash_check` sends PX4's `_HASH_CHECK` before the list.
    """

    def __init__(
        self,
        own_address: Address,
        store: ParamStore,
        encoding: ParamEncoding,
        *,
        interval_s: float = 0.01,
        burst: int = 5,
        hash_check: bool = False,
        behavior: ParamBehavior = ParamBehavior(),
    ) -> None:
        super().__init__()
        self.own_address = own_address
        self.store = store
        self.encoding = encoding
        self._interval_s = interval_s
        self._burst = burst
        self._hash_check = hash_check
        self._behavior = behavior
        self._next: int | None = None

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if not message.name.startswith("PARAM_") or not is_addressed_to(message, self.own_address):
            return []
        match message.name:
            case "PARAM_REQUEST_LIST":
                return self._list(now)
            case "PARAM_REQUEST_READ":
                return self._read(message, source)
            case "PARAM_SET":
                return self._set(message, source)
        return []

    def tick(self, now: float) -> list[Message]:
        if self._next is None or self.deadline is None or now < self.deadline:
            return []
        first, last = self._next, min(self._next + self._burst, len(self.store))
        self._next = last if last < len(self.store) else None
        self.deadline = now + self._interval_s if self._next is not None else None
        values = (self.store.at(index) for index in range(first, last))
        return [self._value(value) for value in values if value is not None]

    def announce(self, name: str) -> Message:
        """Return PARAM_VALUE of a parameter that the aircraft changed itself, without index, as ArduPilot sends it.

        Raises KeyError for an unknown name.
        """
        value = self.store.get(name)
        if value is None:
            raise KeyError(name)
        return self._value(value, NO_INDEX)

    def _list(self, now: float) -> list[Message]:
        first = [self._hash()] if self._hash_check else []
        self._next = 0 if len(self.store) else None
        self.deadline = now if self._next is not None else None
        return first

    def _read(self, message: Message, source: Address) -> list[Message]:
        if message.param_index < 0 and message.param_id == HASH_CHECK and self._hash_check:
            return [self._hash()]
        by_index = message.param_index >= 0
        value = self.store.at(message.param_index) if by_index else self.store.get(message.param_id)
        if value is None:
            return self._error(message.param_id, message.param_index, _DOES_NOT_EXIST, source)
        return [self._value(value)]

    def _set(self, message: Message, source: Address) -> list[Message]:
        if message.param_id == HASH_CHECK and self._hash_check:
            self._next = self.deadline = None  # the peer has all parameters already
            return []
        old = self.store.get(message.param_id)
        if old is None:
            return self._error(message.param_id, -1, _DOES_NOT_EXIST, source)
        if self._behavior.checks_type and message.param_type != old.type:
            return []
        if self._behavior.cuts_to_type:
            value = param_codec.cut_to_type(message.param_value, old.type)
        else:
            value = param_codec.decode(message.param_value, old.type, self.encoding)
        valid = not param_codec.is_integer(old.type) or math.isfinite(value)
        if not (valid and _fits(value, old.type) and self.store.set(old.name, value)):
            refused = self._error(old.name, -1, _READ_ONLY if math.isfinite(value) else _OUT_OF_RANGE, source)
            if refused:
                return refused
        stored = self.store.get(old.name)
        return [self._value(stored)] * self._behavior.echoes if stored is not None else []

    def _error(self, name: str, index: int, error: int, source: Address) -> list[Message]:
        if not self._behavior.sends_errors:
            return []
        return [
            m.PARAM_ERROR(
                param_id=name,
                param_index=index,
                error=error,
                target_system=source.system,
                target_component=source.component,
            )
        ]

    def _value(self, value: ParamValue, index: int | None = None) -> Message:
        message: Message = m.PARAM_VALUE(
            param_id=value.name,
            param_value=param_codec.encode(value.value, value.type, self.encoding),
            param_type=value.type,
            param_count=len(self.store),
            param_index=self.store.index_of(value.name) if index is None else index,
        )
        return message

    def _hash(self) -> Message:
        patterns = self._behavior.hash_leaves_out
        crc = hash_of(
            self.store.values(), lambda name: any(fnmatchcase(name, pattern) for pattern in patterns)
        )
        wire = param_codec.decode(0.0, param_codec.REAL32, self.encoding)
        try:
            wire = param_codec.encode(crc, param_codec.UINT32, ParamEncoding.BYTEWISE)
        except UserError:
            crc &= 0x7F7FFFFF  # without these bits the hash cannot be a signalling NaN
            wire = param_codec.encode(crc, param_codec.UINT32, ParamEncoding.BYTEWISE)
        message: Message = m.PARAM_VALUE(
            param_id=HASH_CHECK,
            param_value=wire,
            param_type=param_codec.UINT32,
            param_count=len(self.store),
            param_index=NO_INDEX,
        )
        return message


def _fits(value: float | int, param_type: int) -> bool:
    try:
        param_codec.encode(value, param_type, ParamEncoding.BYTEWISE)
    except UserError:
        return False
    return True
