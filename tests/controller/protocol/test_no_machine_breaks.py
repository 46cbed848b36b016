"""Random messages in random order: no machine raises, and every client without answers ends."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.protocol.announcements import Announcements, BoxTexts
from controller.protocol.command.client import CommandRequest
from controller.protocol.command.server import CommandReply, CommandService
from controller.protocol.events.definitions import packed_table
from controller.protocol.events.receiver import EventReceiver
from controller.protocol.events.server import EventService
from controller.protocol.ftp.client_download import FtpDownload
from controller.protocol.ftp.client_listing import FtpListing
from controller.protocol.heartbeat import HeartbeatMonitor, HeartbeatSender
from controller.protocol.logs.client import LogDownload, LogEntry, LogListing
from controller.protocol.logs.server import LogService
from controller.protocol.messages.client import MessageRequest, SetMessageInterval
from controller.protocol.messages.server import IntervalService
from controller.protocol.mission.behavior import ARDUPILOT, PX4, STANDARD
from controller.protocol.mission.client_clear import MissionClear, MissionSetCurrent
from controller.protocol.mission.client_download import MissionDownload
from controller.protocol.mission.client_upload import MissionUpload
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.server import MissionService
from controller.protocol.mission.store import MissionStore
from controller.protocol.params.client_list import ParamList
from controller.protocol.params.client_read import ParamRead
from controller.protocol.params.client_write import ParamWrite
from controller.protocol.params.server import ParamBehavior, ParamService, ParamStore
from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import INT8, INT32, REAL32, UINT8, ParamEncoding
from controller.protocol.state_machine import StateMachine
from controller.protocol.statustext import StatusTextAssembler
from controller.protocol.timesync import TimesyncClient, TimesyncService
from controller.wire import dialect
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, Address, address
from controller.wire.codec import encode
from controller.wire.dialect import Field
from controller.wire.message import Message
from tests.support.mavlink.ftp_server import ftp_peer
from tests.support.mavlink.lossy_pipe import VEHICLE, parse_frame

NAMES = """
    HEARTBEAT COMMAND_LONG COMMAND_INT COMMAND_ACK MISSION_COUNT MISSION_REQUEST MISSION_REQUEST_INT MISSION_ITEM
    MISSION_ITEM_INT MISSION_ACK MISSION_REQUEST_LIST MISSION_REQUEST_PARTIAL_LIST MISSION_WRITE_PARTIAL_LIST
    MISSION_CLEAR_ALL
    MISSION_SET_CURRENT MISSION_CURRENT PARAM_VALUE PARAM_SET PARAM_REQUEST_READ PARAM_REQUEST_LIST PARAM_ERROR TIMESYNC
    STATUSTEXT REQUEST_DATA_STREAM AUTOPILOT_VERSION FILE_TRANSFER_PROTOCOL LOG_REQUEST_LIST LOG_ENTRY LOG_REQUEST_DATA
    LOG_DATA EVENT CURRENT_EVENT_SEQUENCE REQUEST_EVENT RESPONSE_EVENT_ERROR
""".split()  # noqa: SIM905

LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "target_system": st.sampled_from((0, 1, 255, 254)),
    "target_component": st.sampled_from((0, 1, 190)),
    "mission_type": st.sampled_from((0, 0, 0, 1, 2, 255, 7)),
    "command": st.sampled_from((400, 510, 511, 512, 16, 22)),
    "result": st.integers(0, 9),
    "type": st.integers(0, 16),
    "seq": st.integers(0, 6),
    "count": st.integers(0, 6),
    "start_index": st.integers(-1, 6),
    "end_index": st.integers(-1, 6),
    "param_id": st.sampled_from(("A", "B", "NO", "_HASH_CHECK")),
    "param_index": st.sampled_from((-1, 0, 1, 2, 7)),
    "param_count": st.integers(0, 4),
    "confirmation": st.integers(0, 2),
    "chunk_seq": st.integers(0, 3),
    "id": st.integers(0, 2),
    "payload": st.builds(
        lambda seq, session, opcode, size, asked, complete, offset, data: (
            struct.pack("<HBBBBBxI", seq, session, opcode, size, asked, complete, offset) + data
        ).ljust(251, b"\0"),
        st.integers(0, 9),
        st.integers(0, 1),
        st.sampled_from((128, 128, 128, 129, 7)),
        st.integers(0, 255),
        st.sampled_from((1, 2, 3, 4, 5, 14, 15)),
        st.integers(0, 1),
        st.sampled_from((0, 1, 239, 478, 100_000, 0xFFFFFFFF)),
        st.binary(max_size=8),
    ),
}
FLOATS = st.sampled_from((0.0, 1.0, 30.0, 148.0, -1.0, math.nan, math.inf, 1e30, 50_000.0)) | st.floats(
    width=32
)


def values(field: Field) -> st.SearchStrategy[Any]:
    likely = LIKELY.get(field.name)
    if field.type == "char":
        if likely is not None:
            return likely
        return st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=field.length)
    if field.type in ("float", "double"):
        one: st.SearchStrategy[Any] = FLOATS
    else:
        bits = int("".join(filter(str.isdigit, field.type[:-2])))
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if field.type[0] == "i" else (0, (1 << bits) - 1)
        one = st.integers(low, high)
        if likely is not None and not field.length:
            one = likely.filter(lambda value: low <= value <= high) | one
    if not field.length:
        return one
    if field.type == "uint8_t":
        anything = st.binary(min_size=field.length, max_size=field.length)
        return likely | anything if likely is not None else anything
    return st.tuples(*[one] * field.length)


def message_of(name: str) -> st.SearchStrategy[Message]:
    kind = dialect.by_name(name)
    fields = st.fixed_dictionaries({field.name: values(field) for field in kind.fields})
    return fields.map(lambda given_: kind.cls(**given_))


MESSAGES = st.one_of([message_of(name) for name in NAMES])
SOURCES = st.sampled_from((VEHICLE, VEHICLE, GROUND_STATION, address(254, 190), address(2, 1)))
STEPS = st.lists(
    st.tuples(st.floats(0.0, 3.0), st.booleans(), MESSAGES, SOURCES),
    max_size=40,
)


def items(count: int) -> list[MissionItem]:
    return [MissionItem(frame=3, command=16, x=i) for i in range(count)]


def mission_service(behavior: Any) -> MissionService:
    stores = {0: MissionStore(tuple(items(3))), 1: MissionStore(), 2: MissionStore()}
    return MissionService(VEHICLE, stores, behavior, max_items=5)


def param_service(encoding: ParamEncoding) -> ParamService:
    store = ParamStore([ParamValue("A", 1, INT32), ParamValue("B", 0.5, REAL32), ParamValue("C", 3, UINT8)])
    return ParamService(
        VEHICLE,
        store,
        encoding,
        hash_check=True,
        behavior=ParamBehavior(sends_errors=encoding is ParamEncoding.C_CAST),
    )


ENDING: dict[str, Callable[[], StateMachine[Any]]] = {
    "command": lambda: CommandRequest(VEHICLE, 400, (1.0,)),
    "command int": lambda: CommandRequest(VEHICLE, 16, (1.0,), frame=6, x=1, y=2, z=3.0),
    "command once": lambda: CommandRequest(VEHICLE, 400, (1.0,), retry=False),
    "upload": lambda: MissionUpload(VEHICLE, items(4)),
    "empty upload": lambda: MissionUpload(VEHICLE, []),
    "partial upload": lambda: MissionUpload(VEHICLE, items(2), first=1),
    "download": lambda: MissionDownload(VEHICLE),
    "partial download": lambda: MissionDownload(VEHICLE, span=(1, 3)),
    "unannounced download": lambda: MissionDownload(VEHICLE, span=(1, 3), announce=False),
    "clear": lambda: MissionClear(VEHICLE),
    "clear all": lambda: MissionClear(VEHICLE, 255),
    "set current": lambda: MissionSetCurrent(VEHICLE, 2),
    "param list": lambda: ParamList(VEHICLE, ParamEncoding.C_CAST),
    "param read": lambda: ParamRead(VEHICLE, "A", ParamEncoding.BYTEWISE),
    "param write": lambda: ParamWrite(VEHICLE, ParamValue("A", 5, INT8), ParamEncoding.BYTEWISE),
    "message": lambda: MessageRequest(VEHICLE, 148),
    "list": lambda: FtpListing(ftp_peer()),
    "file": lambda: FtpDownload(ftp_peer(), "/a"),
    "piece of a file": lambda: FtpDownload(ftp_peer(), "/a", offset=1, count=500, take_over=True),
    "logs": lambda: LogListing(VEHICLE),
    "log": lambda: LogDownload(VEHICLE, LogEntry(1, 0, 1000), offset=100),
    "interval": lambda: SetMessageInterval(VEHICLE, 30, 50_000),
}

ENDLESS: dict[str, Callable[[], StateMachine[Any]]] = {
    "command service": lambda: CommandService(
        VEHICLE, lambda call, _: CommandReply(5 if call.command == 22 else 0)
    ),
    "ardupilot missions": lambda: mission_service(ARDUPILOT),
    "px4 missions": lambda: mission_service(PX4),
    "guide missions": lambda: mission_service(STANDARD),
    "bytewise params": lambda: param_service(ParamEncoding.BYTEWISE),
    "cast params": lambda: param_service(ParamEncoding.C_CAST),
    "intervals": lambda: IntervalService(
        VEHICLE, lambda _: m.ATTITUDE(), {30: 4.0}, known=frozenset((30, 148))
    ),
    "log service": lambda: LogService(VEHICLE, {1: (0, bytes(500)), 2: (9, bytes(200))}),
    "timesync": lambda: TimesyncService(VEHICLE),
    "timesync client": lambda: TimesyncClient(VEHICLE),
    "texts": StatusTextAssembler,
    "texts and events": lambda: Announcements(GROUND_STATION, VEHICLE, packed_table("px4")),
    "texts of a box": lambda: BoxTexts(VEHICLE),
    "events": lambda: EventReceiver(GROUND_STATION, VEHICLE.system),
    "event service": lambda: EventService(VEHICLE),
    "watch": lambda: HeartbeatMonitor(VEHICLE),
    "sender": lambda: HeartbeatSender(type=2, autopilot=3, dead_man_s=None),
}

SETTINGS = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def survive(machine: StateMachine[Any], steps: list[tuple[float, bool, Message, Address]]) -> float:
    """Feed all steps, and encode all messages it sends. Return the time afterwards."""
    now = 0.0
    sent = machine.start(now)
    for pause_s, tick, message, source in steps:
        now += pause_s
        if tick:
            sent += machine.tick(now)
        if message.name == "COMMAND_LONG" and isinstance(machine, CommandService):
            sent += machine.conclude(22, 0)
        answer = machine.receive(parse_frame(encode(message, seq=0, source=source))[1], source, now)
        assert len(answer) <= 12
        sent += answer
        if machine.outcome is not None:
            assert machine.deadline is None
    for message in sent:
        if message.name != "COMMAND_CANCEL":
            encode(message, seq=0, source=GROUND_STATION)
    return now


@pytest.mark.parametrize("name", ENDING)
@SETTINGS
@given(steps=STEPS)
def test_a_client_accepts_any_messages_and_then_ends_without_answers(
    name: str, steps: list[tuple[float, bool, Message, Address]]
) -> None:
    machine = ENDING[name]()
    survive(machine, steps)
    for _ in range(200):
        if machine.outcome is not None:
            return
        assert machine.deadline is not None
        before = machine.deadline
        machine.tick(machine.deadline)
        assert machine.deadline is None or machine.deadline > before
    raise AssertionError("it never ends")


@pytest.mark.parametrize("name", ENDLESS)
@SETTINGS
@given(steps=STEPS)
def test_a_server_accepts_any_messages(name: str, steps: list[tuple[float, bool, Message, Address]]) -> None:
    machine = ENDLESS[name]()
    survive(machine, steps)
    assert machine.outcome is None
    for _ in range(50):
        if machine.deadline is None:
            break
        before = machine.deadline
        machine.tick(machine.deadline)
        assert machine.deadline is None or machine.deadline > before
