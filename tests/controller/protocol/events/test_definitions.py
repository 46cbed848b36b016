"""Words of events: templates, arguments, enums, and what cannot be decoded."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from struct import pack
from typing import Any

import pytest

from controller.protocol.events.definitions import (
    NO_EVENTS,
    EventTable,
    InvalidEventDefinitionsError,
    packed_table,
)
from controller.protocol.events.template import render
from controller.wire import dialect
from controller.wire import messages as m
from controller.wire.tlog import TlogFrames

REAL = Path(__file__).parents[3] / "data" / "real"
PX4 = packed_table("px4")
MISSION_MODE = 4 << 16 | 4 << 24


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Test", "Test"),
        ("{1} and {2}", "42 and 1.5"),
        ("{2:.2}", "1.50"),
        ("{2:.1m_v} above, {1m}, {1m/s}, {1m^2}, {1C}", "1.5 m above, 42 m, 42 m/s, 42 m², 42 °C"),
        ("{1:m_v}", "42 m"),
        ("{3}: {4}", "3-7: {4}"),
        (r"max \< 5 and \{1} and \\", "max < 5 and {1} and \\"),
        ("set <param>COM_ARM_WO_GPS</param>", "set COM_ARM_WO_GPS"),
        ('see <a href="https://example.com">the guide</a>', "see the guide (https://example.com)"),
        ("see <a>https://example.com</a>", "see https://example.com"),
        ('a<profile name="dev"> hidden {1}</profile> b', "a b"),
        ('a<profile name="!dev"> shown {1}</profile> b', "a shown 42 b"),
        ("a<other>hidden</other> b", "a b"),
        ("5 < 6 {x} {0} {", "5 < 6 {x} {0} {"),
    ],
)
def test_templates_become_plain_text(template: str, text: str) -> None:
    assert render(template, [42, 1.5, "3-7"]) == text


def recorded(file: str) -> list[Any]:
    frames = [frame for _, frame in TlogFrames((REAL / file).read_bytes()) if frame.name == "EVENT"]
    return [PX4.decode(dialect.DECODERS[frame.msg_id](frame.raw)) for frame in frames]


def test_a_recorded_rejection_has_its_words_and_severity() -> None:
    rejected, denied, _ = recorded("px4_plane_without_landing_denied.tlog")
    assert rejected.text == "Mission rejected: Landing waypoint/pattern required"
    assert (rejected.severity, rejected.name) == (3, "navigator_mis_land_missing")
    assert (denied.severity, denied.text) == (2, "Arming denied: Resolve system health failures first")


def test_recorded_arguments_of_all_kinds_are_shown() -> None:
    texts = [event.text for event in recorded("px4_battery_failsafe_in_mission.tlog") if event.shown]
    assert "Climb to 20.0 m above home" in texts
    assert "Critical battery level: switching to RTL in 5 seconds" in texts
    assert "Emergency battery level: switching to Land" in texts
    later = [event.text for event in recorded("px4_second_mission_starts_at_item_4.tlog")]
    assert "RTL: start return at 510 m (20 m above destination)" in later


def test_summaries_for_machines_are_not_shown() -> None:
    summaries = [e for e in recorded("px4_battery_failsafe_in_mission.tlog") if e.kind == "summary"]
    assert summaries
    assert not any(event.shown for event in summaries)


def test_a_flight_mode_has_the_number_of_its_checks() -> None:
    assert PX4.mode_group(MISSION_MODE) == 3
    assert PX4.mode_group(12345) is None


def test_an_unknown_event_is_shown_by_number_severity_and_arguments() -> None:
    event = NO_EVENTS.decode(
        m.EVENT(id=25237137, log_levels=0x63, arguments=b"\x01\x00\xff".ljust(40, b"\0"))
    )
    assert (event.text, event.severity) == ("event 25237137, arguments 01 00 ff", 3)
    assert event.shown
    assert not event.known
    assert NO_EVENTS.decode(m.EVENT(id=7, log_levels=0x63)).text == "event 7"


def test_bits_of_a_bitfield_are_named_and_unknown_values_numbered() -> None:
    table = EventTable(
        {
            "version": 2,
            "components": {
                "1": {
                    "namespace": "px4",
                    "enums": {
                        "flags_t": {
                            "type": "uint16_t",
                            "is_bitfield": True,
                            "separator": ", ",
                            "entries": {"1": {"description": "left"}, "4": {"description": "right"}},
                        },
                        "mode_t": {"type": "uint8_t", "entries": {"2": {"description": "Hold"}}},
                    },
                    "event_groups": {
                        "default": {
                            "events": {
                                "9": {
                                    "name": "test",
                                    "message": "{1} in {2}, {3:.1}",
                                    "arguments": [
                                        {"type": "px4::flags_t"},
                                        {"type": "mode_t"},
                                        {"type": "float"},
                                    ],
                                }
                            }
                        }
                    },
                }
            },
        }
    )
    event_id = 1 << 24 | 9
    raw = pack("<HBf", 0b111, 2, 2.25)
    assert table.decode(m.EVENT(id=event_id, arguments=raw)).text == "left, unknown (2), right in Hold, 2.2"
    assert table.decode(m.EVENT(id=event_id, arguments=b"\x01\x00\x09")).text == "left in unknown (9), 0.0"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b"\xfd7zXZ\0rubbish",
        b'{"version": 1}',
        b'{"version": 0, "components": {}}',
        b'{"version": 1, "components": {"1": {"namespace": "a", "event_groups": {"b": {"events": {"1": {}}}}}}}',
        b'{"version": 1, "components": {"1": {"namespace": "a", "event_groups": {"b": {"events": {"1": '
        b'{"name": "n", "message": "", "arguments": [{"type": "none_t"}]}}}}}}}',
    ],
)
def test_a_file_that_is_no_list_of_events_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidEventDefinitionsError, match="invalid event definitions"):
        EventTable.from_file(data)


def test_a_metadata_file_is_read_packed_and_plain() -> None:
    content = json.dumps({"version": 1, "components": {}}).encode()
    assert len(EventTable.from_file(content)) == len(EventTable.from_file(lzma.compress(content))) == 0


def test_the_packed_copy_is_what_the_recorded_px4_serves(shared_data: Path) -> None:
    assert len(PX4) == 362
    served = EventTable.from_file((shared_data / "real" / "px4_events.json.xz").read_bytes())
    assert len(served) == len(PX4)
    assert len(packed_table("generic")) == 0
