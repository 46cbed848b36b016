"""Parameters: both encodings, lists with gaps and unrequested values, setting with read-back."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import LinkError, UserError, VerificationFailed
from controller.protocol.params import wire as param_codec
from controller.protocol.params.client_list import ParamList
from controller.protocol.params.client_read import ParamRead
from controller.protocol.params.client_write import ParamWrite
from controller.protocol.params.server import ParamBehavior, ParamService, ParamStore
from controller.protocol.params.values import (
    HASH_CHECK,
    ParamRefused,
    ParamValue,
    hash_of,
    param_from_message,
)
from controller.protocol.params.wire import INT8, INT32, REAL32, UINT8, UINT32, ParamEncoding
from controller.wire import messages as m
from controller.wire.enums import MAV_PARAM_ERROR
from controller.wire.message import Message
from tests.support.data_folders import REAL
from tests.support.mavlink.lossy_pipe import DEGRADED, VEHICLE, Pipe, PipeConditions
from tests.support.recorded_missions import messages

BYTEWISE, C_CAST = ParamEncoding.BYTEWISE, ParamEncoding.C_CAST
ERRORS = ParamBehavior(sends_errors=True)
ENCODINGS = pytest.mark.parametrize("encoding", list(ParamEncoding))


def made_values(count: int) -> list[ParamValue]:
    types = (INT32, REAL32, UINT8, INT8)
    return [
        ParamValue(f"P{i}", i % 100 if types[i % 4] != REAL32 else float(i) / 4, types[i % 4])
        for i in range(count)
    ]


def made_service(count: int, encoding: ParamEncoding, **options: Any) -> ParamService:
    return ParamService(VEHICLE, ParamStore(made_values(count)), encoding, **options)


# -- codec


@given(st.integers(-(2**31), 2**31 - 1))
def test_every_int32_is_encoded_bytewise_or_refused(value: int) -> None:
    try:
        wire = param_codec.encode(value, INT32, BYTEWISE)
    except UserError:
        assert struct.pack("<i", value)[2] & 0xC0 == 0x80  # a signalling NaN
        return
    (travelled,) = struct.unpack("<f", struct.pack("<f", wire))
    assert param_codec.decode(travelled, INT32, BYTEWISE) == value


@given(st.integers(-(2**24), 2**24))
def test_integers_up_to_24_bits_are_exact_when_cast(value: int) -> None:
    assert param_codec.decode(param_codec.encode(value, INT32, C_CAST), INT32, C_CAST) == value


def test_the_two_encodings_differ_for_integers_only() -> None:
    assert param_codec.encode(97539, INT32, C_CAST) == 97539.0
    assert param_codec.encode(97539, INT32, BYTEWISE) == struct.unpack("<f", struct.pack("<i", 97539))[0]
    assert param_codec.encode(1.5, REAL32, BYTEWISE) == param_codec.encode(1.5, REAL32, C_CAST) == 1.5


@pytest.mark.parametrize(
    ("value", "kind", "encoding"),
    [
        (256, UINT8, C_CAST),
        (-1, UINT32, BYTEWISE),
        (1.5, INT32, C_CAST),
        (math.nan, INT8, BYTEWISE),
        (2**24 + 1, INT32, C_CAST),
        (1e39, REAL32, BYTEWISE),
        (1, 7, C_CAST),
        (-8_000_000, INT32, BYTEWISE),
    ],
)
def test_a_value_without_exact_encoding_is_refused(value: float, kind: int, encoding: ParamEncoding) -> None:
    with pytest.raises(UserError):
        param_codec.encode(value, kind, encoding)


# -- list


@pytest.mark.parametrize("seed", range(20))
@ENCODINGS
def test_the_whole_list_survives_a_bad_link_in_order(encoding: ParamEncoding, seed: int) -> None:
    pipe = Pipe([ParamList(VEHICLE, encoding)], [made_service(300, encoding)], DEGRADED, seed)
    assert list(pipe.run().values()) == made_values(300)


def test_a_list_without_loss_needs_no_repeat() -> None:
    pipe = Pipe([ParamList(VEHICLE, C_CAST)], [made_service(100, C_CAST)])
    pipe.run()
    assert [message.name for message in pipe.messages(to_vehicle=True)] == ["PARAM_REQUEST_LIST"]


def test_missing_indices_are_requested_in_small_batches() -> None:
    def every_third_of_the_list_lost(message: Message, to_vehicle: bool) -> Iterable[Message]:
        listing = not pipe.messages(to_vehicle=True, name="PARAM_REQUEST_READ")
        return [] if not to_vehicle and listing and message.param_index % 3 == 0 else [message]

    service = made_service(100, C_CAST)
    pipe = Pipe([], [service], PipeConditions(delay_s=0.05), filter=every_third_of_the_list_lost)
    pipe.add(listing := ParamList(VEHICLE, C_CAST))
    assert len(pipe.run(listing)) == 100
    asked = [message.param_index for message in pipe.messages(to_vehicle=True, name="PARAM_REQUEST_READ")]
    assert asked == list(range(0, 100, 3))
    assert len({at for at, up, message in pipe.sent if up and message.name == "PARAM_REQUEST_READ"}) >= 4


def test_unrequested_values_neither_hide_a_gap_nor_end_the_list() -> None:
    listing = ParamList(VEHICLE, C_CAST)
    listing.start(0.0)
    stray = m.PARAM_VALUE(
        param_id="STRAY", param_value=1.0, param_type=INT32, param_count=2, param_index=65535
    )
    listing.receive(stray, VEHICLE, 0.1)
    assert listing.progress.done == 0
    for index, name in enumerate(("A", "B")):
        value = m.PARAM_VALUE(
            param_id=name, param_value=2.0, param_type=INT32, param_count=2, param_index=index
        )
        listing.receive(value, VEHICLE, 0.2)
    assert list(listing.outcome.value) == ["A", "B", "STRAY"]  # type: ignore[union-attr]


def test_a_later_value_with_index_replaces_an_unrequested_one() -> None:
    listing = ParamList(VEHICLE, C_CAST)
    listing.start(0.0)
    value = m.PARAM_VALUE(param_id="A", param_value=1.0, param_type=INT32, param_count=1, param_index=65535)
    listing.receive(value, VEHICLE, 0.1)
    listing.receive(value.replace(param_value=5.0, param_index=0), VEHICLE, 0.2)
    assert listing.outcome.value["A"].value == 5  # type: ignore[union-attr]


def test_a_list_that_grows_while_it_is_read_is_read_to_its_new_end() -> None:
    listing = ParamList(VEHICLE, C_CAST)
    listing.start(0.0)
    value = m.PARAM_VALUE(param_id="A", param_value=1.0, param_type=INT32, param_count=2)
    listing.receive(value, VEHICLE, 0.1)
    listing.receive(value.replace(param_id="B", param_index=1, param_count=3), VEHICLE, 0.2)
    assert listing.outcome is None
    assert [message.param_index for message in listing.tick(listing.deadline or 0.0)] == [2]


def test_the_hash_of_a_recorded_list_is_the_one_that_px4_sent() -> None:
    first: dict[str, ParamValue] = {}  # some values change while the list is sent
    for _, message in messages("px4_rover_parameters.tlog", "PARAM_VALUE"):
        first.setdefault(message.param_id, param_from_message(message, BYTEWISE))
    sent = first.pop(HASH_CHECK).value
    volatile = set(json.loads((REAL / "px4_volatile_parameters.json").read_text())["volatile"])
    assert len(first) == 652
    assert hash_of(first.values(), volatile.__contains__) == sent == 0x8C5F3263


def test_px4s_hash_is_not_a_parameter() -> None:
    listing = ParamList(VEHICLE, BYTEWISE)
    values = Pipe([listing], [made_service(10, BYTEWISE, hash_check=True)]).run()
    assert len(values) == 10
    assert listing.hash_check is not None


def test_the_values_of_another_system_are_ignored() -> None:
    listing = ParamList(VEHICLE, C_CAST)
    listing.start(0.0)
    other: Any = VEHICLE._replace(component=2)
    listing.receive(m.PARAM_VALUE(param_id="A", param_count=1), other, 0.1)
    assert listing.outcome is None


def test_a_timeout_before_and_during_a_list_have_different_errors() -> None:
    with pytest.raises(LinkError, match="no answer from 1/1 to 5 tries"):
        Pipe([ParamList(VEHICLE, C_CAST)], [], PipeConditions(loss=1.0)).run()

    def after_40(message: Message, to_vehicle: bool) -> Iterable[Message]:
        return [] if not to_vehicle and message.param_index >= 40 else [message]

    with pytest.raises(LinkError, match="stopped answering after 40 of 100"):
        Pipe([ParamList(VEHICLE, C_CAST)], [made_service(100, C_CAST)], filter=after_40).run()


# -- read


@pytest.mark.parametrize("seed", range(30))
@ENCODINGS
def test_one_value_is_read_by_name_on_a_bad_link(encoding: ParamEncoding, seed: int) -> None:
    pipe = Pipe([ParamRead(VEHICLE, "P8", encoding)], [made_service(20, encoding)], DEGRADED, seed)
    assert pipe.run() == ParamValue("P8", 8, INT32)


def test_an_unknown_name_is_a_refusal_or_a_link_error_by_autopilot() -> None:
    with pytest.raises(ParamRefused, match="DOES_NOT_EXIST"):
        Pipe([ParamRead(VEHICLE, "NO", C_CAST)], [made_service(3, C_CAST, behavior=ERRORS)]).run()
    with pytest.raises(LinkError, match="check the name"):
        Pipe([ParamRead(VEHICLE, "NO", C_CAST)], [made_service(3, C_CAST)]).run()


def test_a_name_has_at_most_16_characters() -> None:
    name = "ABCDEFGHIJKLMNOP"
    store = ParamStore([ParamValue(name, 1, INT32)])
    assert Pipe([ParamRead(VEHICLE, name, C_CAST)], [ParamService(VEHICLE, store, C_CAST)]).run().name == name
    with pytest.raises(UserError):
        ParamRead(VEHICLE, name + "Q", C_CAST)


# -- write


@pytest.mark.parametrize("seed", range(30))
@ENCODINGS
def test_a_value_is_set_and_read_back_on_a_bad_link(encoding: ParamEncoding, seed: int) -> None:
    service = made_service(20, encoding)
    wanted = ParamValue("P1", 0.1, REAL32)
    got = Pipe([ParamWrite(VEHICLE, wanted, encoding)], [service], DEGRADED, seed).run()
    assert param_codec.same_value(got.value, 0.1, REAL32)
    assert param_codec.same_value(service.store["P1"], 0.1, REAL32)


def test_an_aircraft_that_keeps_the_old_value_is_a_refusal() -> None:
    service = ParamService(VEHICLE, ParamStore(made_values(5), check=lambda _: None), C_CAST)
    with pytest.raises(ParamRefused, match="cannot set parameter P4 to 9: 1/1 keeps 4"):
        Pipe([ParamWrite(VEHICLE, ParamValue("P4", 9, INT32), C_CAST)], [service]).run()


def test_a_refusal_by_param_error_is_decoded() -> None:
    store = ParamStore(made_values(5), check=lambda _: None)
    service = ParamService(VEHICLE, store, C_CAST, behavior=ERRORS)
    with pytest.raises(ParamRefused, match="READ_ONLY"):
        Pipe([ParamWrite(VEHICLE, ParamValue("P4", 9, INT32), C_CAST)], [service]).run()


def test_a_value_that_becomes_something_else_fails_verification() -> None:
    bent = iter(range(1000, 2000))

    def never_the_same(message: Message, to_vehicle: bool) -> Iterable[Message]:
        return [message] if to_vehicle else [message.replace(param_value=float(next(bent)))]

    with pytest.raises(VerificationFailed, match="set to 9, read back 10"):
        pipe = Pipe([], [made_service(5, C_CAST)], filter=never_the_same)
        pipe.add(write := ParamWrite(VEHICLE, ParamValue("P4", 9, INT32), C_CAST))
        pipe.run(write)


def test_the_first_answer_alone_does_not_confirm_a_set() -> None:
    """It may be an old PARAM_VALUE with the same value, while the PARAM_SET was lost."""
    write = ParamWrite(VEHICLE, ParamValue("P4", 9, INT32), C_CAST)
    write.start(0.0)
    value = m.PARAM_VALUE(param_id="P4", param_value=9.0, param_type=INT32, param_count=5, param_index=4)
    (asked,) = write.receive(value, VEHICLE, 0.1)
    assert asked.name == "PARAM_REQUEST_READ"
    assert write.outcome is None


def test_no_answer_to_a_set_is_a_link_error() -> None:
    with pytest.raises(LinkError, match="no answer"):
        Pipe([ParamWrite(VEHICLE, ParamValue("P4", 9, INT32), C_CAST)], [], PipeConditions(loss=1.0)).run()


# -- service


def test_the_list_is_paced() -> None:
    service = ParamService(VEHICLE, ParamStore(made_values(100)), C_CAST, interval_s=0.1, burst=2)
    pipe = Pipe([ParamList(VEHICLE, C_CAST)], [service])
    pipe.run()
    assert 4.8 < pipe.now < 5.1


def test_a_value_that_does_not_fit_leaves_the_old_one() -> None:
    service = made_service(5, C_CAST)
    wrong = m.PARAM_SET(
        param_id="P2", param_value=300.0, param_type=UINT8, target_system=1, target_component=1
    )
    (answer,) = service.receive(wrong, VEHICLE, 0.0)
    assert answer.param_value == 2.0
    nan = m.PARAM_SET(
        param_id="P2", param_value=math.nan, param_type=UINT8, target_system=1, target_component=1
    )
    assert service.receive(nan, VEHICLE, 0.0)[0].param_value == 2.0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_is_not_finite_is_out_of_range_where_errors_are_sent(value: float) -> None:
    store = ParamStore(made_values(5), check=lambda one: one if math.isfinite(one.value) else None)
    service = ParamService(VEHICLE, store, C_CAST, behavior=ERRORS)
    setting = m.PARAM_SET(
        param_id="P1", param_value=value, param_type=REAL32, target_system=1, target_component=1
    )
    (answer,) = service.receive(setting, VEHICLE, 0.0)
    assert (answer.name, answer.error) == ("PARAM_ERROR", MAV_PARAM_ERROR.VALUE_OUT_OF_RANGE)


@pytest.mark.parametrize(
    ("sent", "stored"), [(300.0, 127), (-300.0, -128), (3.7, 3), (3.995, 4), (-2.5, -2), (5.0, 5)]
)
def test_an_integer_is_cut_to_its_type_where_ardupilot_does_it(sent: float, stored: int) -> None:
    service = made_service(5, C_CAST, behavior=ParamBehavior(cuts_to_type=True))
    setting = m.PARAM_SET(
        param_id="P3", param_value=sent, param_type=INT8, target_system=1, target_component=1
    )
    assert [answer.param_value for answer in service.receive(setting, VEHICLE, 0.0)] == [stored]
    assert service.store["P3"] == stored


def test_a_value_of_another_type_is_ignored_where_types_are_checked() -> None:
    service = made_service(5, BYTEWISE, behavior=ParamBehavior(checks_type=True, echoes=2))
    wrong = m.PARAM_SET(param_id="P1", param_value=8.0, param_type=INT32, target_system=1, target_component=1)
    assert service.receive(wrong, VEHICLE, 0.0) == []
    assert service.store["P1"] == 0.25
    echoed = service.receive(wrong.replace(param_type=REAL32), VEHICLE, 0.0)
    assert [answer.param_value for answer in echoed] == [8.0, 8.0]


def test_a_client_with_the_same_hash_stops_px4s_list() -> None:
    service = made_service(100, BYTEWISE, hash_check=True)
    service.receive(m.PARAM_REQUEST_LIST(target_system=1, target_component=1), VEHICLE, 0.0)
    stop = m.PARAM_SET(param_id="_HASH_CHECK", param_type=UINT32, target_system=1, target_component=1)
    service.receive(stop, VEHICLE, 0.0)
    assert service.tick(1.0) == []


def test_the_owner_is_notified_of_changes_and_can_announce_its_own() -> None:
    heard: list[ParamValue] = []
    store = ParamStore(made_values(5), on_change=heard.append)
    service = ParamService(VEHICLE, store, C_CAST)
    store.set("P4", 7)
    store.set("P4", 7)
    assert heard == [ParamValue("P4", 7, INT32)]
    announced = service.announce("P4")
    assert (announced.param_index, announced.param_value) == (65535, 7.0)
