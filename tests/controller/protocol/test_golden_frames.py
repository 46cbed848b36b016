"""Messages of our state machines, byte for byte equal to pymavlink's encoder."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

from controller.protocol.command.client import CommandRequest
from controller.protocol.heartbeat import HeartbeatSender
from controller.protocol.messages.client import MessageRequest, SetMessageInterval, request_data_stream
from controller.protocol.mission.client_clear import MissionClear, MissionSetCurrent
from controller.protocol.mission.client_download import MissionDownload
from controller.protocol.mission.client_upload import MissionUpload
from controller.protocol.mission.items import MissionItem
from controller.protocol.params.client_list import ParamList
from controller.protocol.params.client_read import ParamRead
from controller.protocol.params.client_write import ParamWrite
from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import INT32, REAL32, ParamEncoding
from controller.protocol.state_machine import StateMachine
from controller.protocol.statustext import statustext_messages
from controller.protocol.timesync import TimesyncClient, TimesyncService
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION
from controller.wire.codec import encode
from controller.wire.message import Message
from tests.support.mavlink.lossy_pipe import VEHICLE

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pymavlink.dialects.v20 import ardupilotmega as peer

ITEM = MissionItem(frame=3, command=16, param1=1.5, param4=90.0, x=-353_632_610, y=1_491_652_299, z=20.0)
Peer = Callable[[Any], Any]


def first(machine: StateMachine[Any]) -> Message:
    return machine.start(12.5)[0]


def heartbeat() -> Message:
    return HeartbeatSender.ground_station().feed(0.0)[0]


def item(*, as_int: bool) -> Message:
    upload = MissionUpload(VEHICLE, [ITEM], as_int=as_int)
    upload.start(0.0)
    return upload.receive(m.MISSION_REQUEST(seq=0, target_system=255, target_component=190), VEHICLE, 0.1)[0]


def item_request() -> Message:
    download = MissionDownload(VEHICLE)
    download.start(0.0)
    return download.receive(m.MISSION_COUNT(count=3, target_system=255, target_component=190), VEHICLE, 0.1)[
        0
    ]


def cancel() -> Message:
    upload = MissionUpload(VEHICLE, [ITEM], 0)
    upload.start(0.0)
    return upload.cancel(0.1)[0]


def fence(count: int) -> list[MissionItem]:
    return [MissionItem(frame=0, command=5001, mission_type=1)] * count


GOLDEN: list[tuple[Callable[[], Message], Peer]] = [
    (heartbeat, lambda p: p.heartbeat_encode(6, 8, 0, 0, 4, 3)),
    (
        lambda: first(CommandRequest(VEHICLE, 400, (1.0, 21196.0))),
        lambda p: p.command_long_encode(1, 1, 400, 0, 1, 21196, 0, 0, 0, 0, 0),
    ),
    (
        lambda: first(CommandRequest(VEHICLE, 192, (-1, 1, 0, 0.5), frame=6, x=473977456, y=85455929, z=30)),
        lambda p: p.command_int_encode(1, 1, 6, 192, 0, 0, -1, 1, 0, 0.5, 473977456, 85455929, 30),
    ),
    (lambda: first(MissionUpload(VEHICLE, [ITEM] * 500)), lambda p: p.mission_count_encode(1, 1, 500, 0)),
    (lambda: first(MissionUpload(VEHICLE, fence(4), 1)), lambda p: p.mission_count_encode(1, 1, 4, 1)),
    (
        lambda: first(MissionUpload(VEHICLE, [ITEM] * 3, first=7)),
        lambda p: p.mission_write_partial_list_encode(1, 1, 7, 9, 0),
    ),
    (
        lambda: item(as_int=True),
        lambda p: p.mission_item_int_encode(
            1, 1, 0, 3, 16, 0, 1, 1.5, 0, 0, 90, -353632610, 1491652299, 20, 0
        ),
    ),
    (
        lambda: item(as_int=False),
        lambda p: p.mission_item_encode(1, 1, 0, 3, 16, 0, 1, 1.5, 0, 0, 90, -35.363261, 149.1652299, 20, 0),
    ),
    (cancel, lambda p: p.mission_ack_encode(1, 1, 15, 0)),
    (lambda: first(MissionDownload(VEHICLE, 2)), lambda p: p.mission_request_list_encode(1, 1, 2)),
    (
        lambda: first(MissionDownload(VEHICLE, span=(3, 8))),
        lambda p: p.mission_request_partial_list_encode(1, 1, 3, 8, 0),
    ),
    (item_request, lambda p: p.mission_request_int_encode(1, 1, 0, 0)),
    (lambda: first(MissionClear(VEHICLE, 255)), lambda p: p.mission_clear_all_encode(1, 1, 255)),
    (lambda: first(MissionSetCurrent(VEHICLE, 4)), lambda p: p.mission_set_current_encode(1, 1, 4)),
    (lambda: first(ParamList(VEHICLE, ParamEncoding.C_CAST)), lambda p: p.param_request_list_encode(1, 1)),
    (
        lambda: first(ParamRead(VEHICLE, "RTL_ALT", ParamEncoding.C_CAST)),
        lambda p: p.param_request_read_encode(1, 1, b"RTL_ALT", -1),
    ),
    (
        lambda: first(ParamWrite(VEHICLE, ParamValue("RTL_ALT", 1500, INT32), ParamEncoding.C_CAST)),
        lambda p: p.param_set_encode(1, 1, b"RTL_ALT", 1500.0, 6),
    ),
    (
        lambda: first(
            ParamWrite(VEHICLE, ParamValue("ABCDEFGHIJKLMNOP", 0.1, REAL32), ParamEncoding.BYTEWISE)
        ),
        lambda p: p.param_set_encode(1, 1, b"ABCDEFGHIJKLMNOP", 0.1, 9),
    ),
    (
        lambda: first(MessageRequest(VEHICLE, 148)),
        lambda p: p.command_long_encode(1, 1, 512, 0, 148, 0, 0, 0, 0, 0, 0),
    ),
    (
        lambda: first(SetMessageInterval(VEHICLE, 30, 50_000)),
        lambda p: p.command_long_encode(1, 1, 511, 0, 30, 50000, 0, 0, 0, 0, 0),
    ),
    (lambda: request_data_stream(VEHICLE, 0, 250_000), lambda p: p.request_data_stream_encode(1, 1, 0, 4, 1)),
    (lambda: first(TimesyncClient(VEHICLE)), lambda p: p.timesync_encode(0, 12_500_000_000)),
    (
        lambda: TimesyncService(VEHICLE).receive(m.TIMESYNC(ts1=77), GROUND_STATION, 2.0)[0],
        lambda p: p.timesync_encode(2_000_000_000, 77),
    ),
    (lambda: statustext_messages("x" * 60, 4, 9)[1], lambda p: p.statustext_encode(4, b"x" * 10, 9, 1)),
]


@pytest.mark.parametrize("number", range(len(GOLDEN)))
def test_our_messages_equal_pymavlinks(number: int) -> None:
    ours, theirs = GOLDEN[number]
    link = peer.MAVLink(None, srcSystem=255, srcComponent=190)
    assert encode(ours(), seq=0, source=GROUND_STATION) == bytes(theirs(link).pack(link))
