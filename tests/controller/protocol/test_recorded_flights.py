"""Recorded flights of ArduPilot and PX4: our clients against recorded answers, our servers against recorded
requests.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from controller.protocol.command.client import CommandRefused, CommandRequest
from controller.protocol.command.server import CommandReply, CommandService, ReceivedCommand
from controller.protocol.mission.behavior import ARDUPILOT, PX4
from controller.protocol.mission.client_download import MissionDownload
from controller.protocol.mission.client_upload import MissionUpload
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.server import MissionService
from controller.protocol.mission.store import MissionStore
from controller.protocol.mission.wire import MISSION, item_from
from controller.protocol.params.client_list import ParamList
from controller.protocol.params.client_write import ParamWrite
from controller.protocol.params.server import ParamService, ParamStore
from controller.protocol.params.values import ParamValue, param_from_message
from controller.protocol.params.wire import ParamEncoding, same_value
from controller.protocol.state_machine import Done, Failed, StateMachine
from controller.protocol.statustext import StatusTextAssembler
from controller.wire.address import GROUND_STATION
from controller.wire.message import Message
from tests.support.logs.recorded_tlogs import Record, records
from tests.support.mavlink.lossy_pipe import VEHICLE

MISSION_FLIGHTS = pytest.mark.parametrize(
    "flight",
    [
        "arducopter/square",
        "arducopter/mission",
        "arducopter/mission_spline",
        "arduplane/circuit",
        "px4/square",
        "px4/survey",
    ],
)
LISTINGS = pytest.mark.parametrize(
    ("flight", "encoding", "count"),
    [
        ("arducopter/hover", ParamEncoding.C_CAST, 1358),
        ("arduplane/circuit", ParamEncoding.C_CAST, 1407),
        ("px4/hover", ParamEncoding.BYTEWISE, 908),
    ],
)


def flight_records(shared_data: Path, flight: str, *prefixes: str) -> list[Record]:
    return records(shared_data / "reference" / f"{flight}.tlog", prefixes)


def replayed(machine: StateMachine[Any], log: list[Record], begin: int) -> list[Message]:
    """Run a client from the record `begin` (the ground station's first message) with the recorded answers."""
    now = log[begin][0]
    sent = machine.start(now)
    for now, source, message in log[begin + 1 :]:
        while machine.deadline is not None and machine.deadline <= now:
            sent += machine.tick(machine.deadline)
        if source != GROUND_STATION:
            sent += machine.receive(message, source, now)
        if machine.outcome is not None:
            break
    return sent


def by_ground(log: list[Record], name: str) -> list[int]:
    return [
        i for i, (_, source, message) in enumerate(log) if source == GROUND_STATION and message.name == name
    ]


def until(log: list[Record], begin: int, ending: str, *, ground: bool) -> list[Record]:
    """Return the records from `begin` to the first `ending` sent by the ground station or by the aircraft."""
    for i in range(begin + 1, len(log)):
        if log[i][2].name == ending and (log[i][1] == GROUND_STATION) == ground:
            return log[begin : i + 1]
    raise AssertionError(f"no {ending}")


@MISSION_FLIGHTS
def test_our_upload_sends_what_the_recorded_ground_station_sent(shared_data: Path, flight: str) -> None:
    log = flight_records(shared_data, flight, "MISSION_")
    for begin in by_ground(log, "MISSION_COUNT"):
        window = until(log, begin, "MISSION_ACK", ground=False)
        by_hand = [message for _, source, message in window if source == GROUND_STATION]
        items = [item_from(message) for message in by_hand[1:]]
        upload = MissionUpload(VEHICLE, items)
        assert replayed(upload, log, begin) == by_hand
        assert isinstance(upload.outcome, Done)
        assert upload.outcome.value.items == len(items)


@MISSION_FLIGHTS
def test_our_download_sends_the_recorded_requests_and_reads_the_same_items(
    shared_data: Path, flight: str
) -> None:
    log = flight_records(shared_data, flight, "MISSION_")
    for begin in by_ground(log, "MISSION_REQUEST_LIST"):
        window = until(log, begin, "MISSION_ACK", ground=True)
        download = MissionDownload(VEHICLE)
        assert replayed(download, log, begin) == [
            message for _, source, message in window if source == GROUND_STATION
        ]
        assert isinstance(download.outcome, Done)
        recorded = [item_from(message) for _, source, message in window if message.name == "MISSION_ITEM_INT"]
        assert list(download.outcome.value.items) == recorded


def shape(message: Message) -> tuple[Any, ...]:
    """Return the parts that must equal a real autopilot's answer (not item contents, not streamed messages)."""
    numbers = [getattr(message, name) for name in ("seq", "type") if hasattr(message, name)]
    if message.name == "MISSION_COUNT":
        numbers.append(message.count)
    return (message.name, *numbers, message.target_system, message.target_component, message.mission_type)


@MISSION_FLIGHTS
def test_our_server_answers_the_recorded_requests_like_the_autopilot(shared_data: Path, flight: str) -> None:
    log = [
        record
        for record in flight_records(shared_data, flight, "MISSION_")
        if record[2].name not in ("MISSION_CURRENT", "MISSION_ITEM_REACHED")
    ]
    store = MissionStore()
    service = MissionService(VEHICLE, {MISSION: store}, PX4 if flight.startswith("px4") else ARDUPILOT)
    service.start(0.0)
    ours: list[Message] = []
    for now, source, message in log:
        if source == GROUND_STATION:
            ours += service.receive(message, source, now)
    theirs = [message for _, source, message in log if source != GROUND_STATION]
    assert [shape(message) for message in ours] == [shape(message) for message in theirs]
    for mine, real in zip(ours, theirs, strict=True):
        if mine.name == "MISSION_ITEM_INT":
            if mine.seq == 0 and flight.startswith("ardu"):
                assert mine.current == real.current == 0
                continue  # home, as it is then
            assert differs_beyond_known_habits(item_from(mine), item_from(real)) is None


def differs_beyond_known_habits(sent: MissionItem, real: MissionItem) -> str | None:
    """Compare items as ArduPilot stores them: altitudes in centimetres, home in item 0, unused frame and position
    dropped.
    """
    field = sent.differs(real)
    if field in ("z", "frame", "x", "y"):
        return field if abs(sent.z - real.z) > 0.011 and sent.command == 16 else None
    return field if field is not None and not field.startswith("param") else None


@LISTINGS
def test_our_parameter_list_equals_the_recorded_file(
    shared_data: Path, flight: str, encoding: ParamEncoding, count: int
) -> None:
    log = flight_records(shared_data, flight, "PARAM_")
    (begin, *_) = by_ground(log, "PARAM_REQUEST_LIST")
    listing = ParamList(VEHICLE, encoding)
    sent = replayed(listing, log, begin)
    assert [message.name for message in sent] == ["PARAM_REQUEST_LIST"]  # nothing was missing
    assert isinstance(listing.outcome, Done)
    values = listing.outcome.value
    expected = json.loads((shared_data / "reference" / flight.split("/")[0] / "params.json").read_text())
    hashed = expected.pop("_HASH_CHECK", None)
    assert (hashed is not None) == (listing.hash_check is not None)
    assert len(values) == count == len(expected)
    assert set(values) == set(expected)
    assert all(values[name].type == kind for name, (_, kind) in expected.items())
    differing = {
        name for name, (value, kind) in expected.items() if not same_value(values[name].value, value, kind)
    }
    # The file was written some seconds later; the aircraft itself had announced what changed in between.
    announced = {
        message.param_id: param_from_message(message, encoding).value
        for now, source, message in log[begin:]
        if now < log[begin][0] + 60.0 and message.name == "PARAM_VALUE"
    }
    assert len(differing) < 30
    assert all(same_value(announced[name], *expected[name]) for name in differing)


@LISTINGS
def test_our_server_lists_the_recorded_parameters_in_the_recorded_bytes(
    shared_data: Path, flight: str, encoding: ParamEncoding, count: int
) -> None:
    log = flight_records(shared_data, flight, "PARAM_")
    (begin, *_) = by_ground(log, "PARAM_REQUEST_LIST")
    real: dict[int, Message] = {}
    for _, source, message in log[begin:]:
        if source != GROUND_STATION and message.param_index < message.param_count == count:
            real.setdefault(message.param_index, message)
    expected = json.loads((shared_data / "reference" / flight.split("/")[0] / "params.json").read_text())
    values = [ParamValue(real[i].param_id, *expected[real[i].param_id]) for i in range(count)]
    service = ParamService(VEHICLE, ParamStore(values), encoding)
    service.start(0.0)
    ours = service.receive(log[begin][2], GROUND_STATION, 0.0)
    while service.deadline is not None:
        ours += service.tick(service.deadline)
    unchanged = 0
    for index, mine in enumerate(ours):
        theirs = real[index]
        if same_value(param_from_message(theirs, encoding).value, values[index].value, values[index].type):
            unchanged += 1
            assert theirs.type_.to_payload(theirs) == mine.type_.to_payload(mine)
    assert unchanged > count - 30


@pytest.mark.parametrize(
    "flight", ["arducopter/square", "arduplane/ap1", "px4/square", "px4/rtl_far", "px4/survey"]
)
def test_our_commands_end_with_the_recorded_results(shared_data: Path, flight: str) -> None:
    log = flight_records(shared_data, flight, "COMMAND_")
    begins = by_ground(log, "COMMAND_LONG") + by_ground(log, "COMMAND_INT")
    refused = 0
    for begin in begins:
        order = log[begin][2]
        command = order.command
        if order.name == "COMMAND_LONG":
            request = CommandRequest(
                VEHICLE, command, tuple(getattr(order, f"param{i}") for i in range(1, 8))
            )
        else:
            params = tuple(getattr(order, f"param{i}") for i in range(1, 5))
            place = {"frame": order.frame, "x": order.x, "y": order.y, "z": order.z}
            request = CommandRequest(VEHICLE, command, params, **place)
        sent = replayed(request, log, begin)
        assert repr(sent) == repr([order])
        answers = (message for _, source, message in log[begin:] if message.name == "COMMAND_ACK")
        result = next(answer.result for answer in answers if answer.command == command and answer.result != 5)
        if isinstance(request.outcome, Failed):
            refused += 1
            assert isinstance(request.outcome.error, CommandRefused)
            assert request.outcome.error.result == result != 0
        else:
            assert isinstance(request.outcome, Done)
            assert request.outcome.value.result == result == 0
    assert len(begins) > 25
    assert (refused > 0) == flight.startswith("px4")  # it refuses some intervals


def replying(reply: CommandReply, call: ReceivedCommand, now: float) -> CommandReply:
    return reply


@pytest.mark.parametrize("flight", ["arducopter/square", "px4/square"])
def test_our_command_server_acknowledges_in_the_recorded_form(shared_data: Path, flight: str) -> None:
    log = flight_records(shared_data, flight, "COMMAND_LONG", "COMMAND_ACK")
    results = {
        i: log[i + 1][2].result for i in by_ground(log, "COMMAND_LONG") if log[i + 1][2].name == "COMMAND_ACK"
    }
    assert len(results) > 25
    for i, result in results.items():
        service = CommandService(VEHICLE, partial(replying, CommandReply(result)))
        assert service.receive(log[i][2], GROUND_STATION, log[i][0]) == [log[i + 1][2]]


@pytest.mark.parametrize(
    ("flight", "name", "value"),
    [("arducopter/fs_gcs", "FS_GCS_ENABLE", 1.0), ("px4/hover", "MIS_TAKEOFF_ALT", 20.0)],
)
def test_our_param_set_equals_the_recorded_one(
    shared_data: Path, flight: str, name: str, value: float
) -> None:
    log = flight_records(shared_data, flight, "PARAM_")
    begin = next(i for i in by_ground(log, "PARAM_SET") if log[i][2].param_id == name)
    encoding = ParamEncoding.BYTEWISE if flight.startswith("px4") else ParamEncoding.C_CAST
    write = ParamWrite(VEHICLE, ParamValue(name, value, log[begin][2].param_type), encoding)
    assert replayed(write, log, begin)[0] == log[begin][2]


@pytest.mark.parametrize("flight", ["arducopter/mission", "arduplane/ap1", "px4/fs_batt"])
def test_every_recorded_status_text_is_assembled(shared_data: Path, flight: str) -> None:
    log = flight_records(shared_data, flight, "STATUSTEXT")
    texts = StatusTextAssembler()
    for now, source, message in log:
        if texts.deadline is not None and texts.deadline <= now:
            texts.tick(now)
        texts.receive(message, source, now)
    texts.tick(1e9)
    whole = texts.texts()
    assert all(text.complete for text in whole)
    assert not [text.text for text in whole if text.text != text.text.strip()]
    notes = json.loads((shared_data / "reference" / flight.split("/")[0] / "events.json").read_text())
    noted = [what for _, what in notes[flight.split("/")[1]]["events"]]
    ours = {text.text for text in whole}
    assert len(ours) >= 10
    # The notes hold pieces, and leave out the name of the log on board.
    unheard = [text for text in ours if not any(text[:25] in what for what in noted)]
    assert not [text for text in unheard if not text.startswith("[logger]")]
