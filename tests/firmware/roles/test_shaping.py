"""The budget, the ranks and the shares of a slow port."""

from __future__ import annotations

import pytest

from controller.wire import messages as m
from controller.wire.message import Message
from tests.support.box.rig import Rig

SLOW = {"port": "memory", "baud": 57600}
COMMAND = m.COMMAND_LONG(command=400, target_system=1, target_component=1, param1=1)


def slow_rig() -> Rig:
    return Rig(radios=[SLOW], queue_bytes=4096)


def time_on_wire_ms(rig: Rig, raw: bytes) -> int:
    """When the last byte of `raw` has left the radio's port."""
    end = bytes(rig.radios[0].sent).rindex(raw) + len(raw)
    return next(at_ms for at_ms, sent in rig.radios[0].sent_at if sent >= end)


@pytest.mark.parametrize(
    "bulk",
    [
        m.PARAM_REQUEST_READ(target_system=1, param_id="ARMING_CHECK", param_index=-1),
        m.FILE_TRANSFER_PROTOCOL(target_system=1, payload=bytes(range(1, 252))),
        m.MISSION_ITEM_INT(target_system=1, command=16, x=473977420, y=85455940, z=50),
    ],
    ids=lambda message: message.name,
)
def test_a_download_never_delays_a_command_by_more_than_100_ms_at_57600_baud(bulk: Message) -> None:
    rig = slow_rig()
    waits = []
    for i in range(200):
        rig.up(*[bulk] * 3)
        rig.run(10, step_ms=1)
        if i % 7 == 0:
            asked_ms = rig.now_ms
            raw = rig.up(COMMAND)
            rig.run(150, step_ms=1)
            waits.append(time_on_wire_ms(rig, raw) - asked_ms)
    assert max(waits) <= 100


def test_a_flood_of_commands_does_not_starve_the_rest() -> None:
    rig = slow_rig()
    for _ in range(300):
        rig.up(
            *[COMMAND] * 6,
            m.MISSION_REQUEST_LIST(target_system=1),
            m.LOG_REQUEST_DATA(target_system=1, count=90),
        )
        rig.run(10, step_ms=2)
    names = rig.names(rig.radios[0])
    assert names.count("COMMAND_LONG") > 0.6 * len(names)
    assert names.count("MISSION_REQUEST_LIST") > 10
    assert names.count("LOG_REQUEST_DATA") >= 3


def test_bulk_gets_a_quarter_of_what_normal_traffic_leaves_no_more() -> None:
    rig = slow_rig()
    for _ in range(400):
        rig.up(*[m.MISSION_ITEM_INT(target_system=1, command=16, x=1, y=1, z=5)] * 2)
        rig.up(*[m.FILE_TRANSFER_PROTOCOL(target_system=1, payload=b"\1" * 251)] * 2)
        rig.run(10, step_ms=2)
    sent: dict[str, int] = {}
    for frame in rig.heard(rig.radios[0]):
        sent[frame.name] = sent.get(frame.name, 0) + len(frame.raw)
    share = sent["FILE_TRANSFER_PROTOCOL"] / sum(sent.values())
    assert 0.2 < share < 0.3


def test_the_budget_is_the_wires_rate() -> None:
    rig = slow_rig()
    for _ in range(200):
        rig.up(*[COMMAND] * 6)
        rig.run(10, step_ms=1)
    assert 2 * 5760 * 0.97 < len(rig.radios[0].sent) < 2 * 5760 + 300


def test_a_radio_whose_buffer_fills_gets_less_and_more_again_when_it_is_empty() -> None:
    rig = slow_rig()
    shaper = rig.bridge.radios[0].shaper
    for txbuf, expected in ((15, 50), (40, 40), (60, 40), (95, 45)):
        rig.down(m.RADIO_STATUS(rssi=200, txbuf=txbuf))
        rig.run(10)
        assert shaper.rate_percent == expected
    for _ in range(20):
        rig.down(m.RADIO_STATUS(rssi=200, txbuf=100))
        rig.run(10)
    assert shaper.rate_percent == 100


def test_an_old_complaint_of_a_radio_does_not_hold_for_ever() -> None:
    rig = slow_rig()
    rig.down(m.RADIO_STATUS(rssi=200, txbuf=5))
    rig.run(10)
    assert rig.bridge.radios[0].shaper.rate_percent == 50
    rig.run(6000)
    rig.up(COMMAND)
    rig.run(20)
    assert rig.bridge.radios[0].shaper.rate_percent == 100


@pytest.mark.parametrize("wired", [SLOW, {"port": "memory", "rate_bytes_per_s": 0}], ids=["budget", "none"])
def test_what_was_meant_for_a_port_that_is_gone_does_not_leave_when_it_is_back(
    wired: dict[str, object],
) -> None:
    rig = Rig(radios=[wired])
    rig.radios[0].gone = True
    for _ in range(20):
        rig.up(COMMAND, m.MISSION_REQUEST_LIST(target_system=1))
    rig.run(12_000)
    assert rig.bridge.radios[0].shaper.waiting() == 0
    assert rig.bridge.radios[0].shaper.lost() >= 3
    rig.radios[0].gone = False
    rig.run(1000)
    assert rig.names(rig.radios[0]) == []
    rig.up(COMMAND)
    rig.run(50)
    assert rig.names(rig.radios[0]) == ["COMMAND_LONG"]


def test_a_port_that_is_gone_for_a_second_gets_what_waited() -> None:
    rig = slow_rig()
    rig.radios[0].gone = True
    rig.up(COMMAND)
    rig.run(1000)
    rig.radios[0].gone = False
    rig.run(100)
    assert rig.names(rig.radios[0]) == ["COMMAND_LONG"]


def test_what_waits_for_a_laptop_does_not_grow_old() -> None:
    rig = slow_rig()
    rig.laptop.gone = True
    rig.down(m.STATUSTEXT(severity=2, text="engine failure"))
    rig.run(60_000, step_ms=100)
    assert rig.bridge.laptop.shaper.aged == 0


def test_the_up_link_goes_on_after_four_days_in_which_nothing_went_up() -> None:
    rig = slow_rig()
    rig.up(COMMAND)
    rig.run(100)
    rig.let_pass(days=4)
    rig.run(20)
    rig.heard(rig.radios[0])
    rig.up(COMMAND)
    rig.run(50)
    assert rig.names(rig.radios[0]) == ["COMMAND_LONG"]


def test_a_complaint_of_four_days_ago_does_not_hold() -> None:
    rig = slow_rig()
    rig.down(m.RADIO_STATUS(rssi=200, txbuf=5))
    rig.run(10)
    rig.let_pass(days=4)
    rig.run(20)
    assert rig.bridge.radios[0].shaper.rate_percent == 100
