"""Targets read from raw payloads equal the decoded targets, for every message."""

from __future__ import annotations

import pytest

from controller.router.targets import target_of
from controller.wire import dialect
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import encode
from controller.wire.frame import Frame
from controller.wire.framer import Framer

SOURCE = address(1, 1)


def framed(raw: bytes) -> Frame:
    (frame,) = Framer().feed(raw)
    return frame


@pytest.mark.parametrize("version", [1, 2])
def test_the_target_of_every_message_equals_the_decoded_one(version: int) -> None:
    checked = 0
    for name in dialect.message_names():
        kind = dialect.by_name(name)
        fields = {field.name for field in kind.fields}
        targets = {"target_system": 7, "target_component": 154}.items()
        given = {field: value for field, value in targets if field in fields}
        if version == 1 and (kind.msg_id > 255 or "target_system" not in fields):
            continue
        frame = framed(encode(kind.cls(**given), seq=0, source=SOURCE, version=version))
        message = frame.message()
        expected = (getattr(message, "target_system", 0), getattr(message, "target_component", 0))
        assert target_of(frame) == (expected if "target_system" in fields else (0, 0)), name
        checked += "target_system" in fields
    assert checked > 50


def test_a_truncated_target_is_all_systems() -> None:
    assert target_of(framed(encode(m.PARAM_REQUEST_LIST(), seq=0, source=SOURCE))) == (0, 0)
    assert target_of(framed(encode(m.PARAM_REQUEST_LIST(target_system=1), seq=0, source=SOURCE))) == (1, 0)


def test_an_unknown_message_is_a_broadcast() -> None:
    raw = bytearray(encode(m.COMMAND_LONG(target_system=1, target_component=1), seq=0, source=SOURCE))
    assert target_of(Frame((bytes(raw), 59_999, 0, 1, 1))) == (0, 0)
