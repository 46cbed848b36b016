"""ULogs as columns: a small written one value by value, real, truncated and damaged ones, and appended data."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.logs.formats.ulog.anonymize import anonymize_ulog
from controller.logs.formats.ulog.reader import Ulog, UlogError, read_ulog
from controller.logs.privacy.anonymize_rules import LEVELS, Mover
from tests.support.logs.onboard_logs import UlogWriter
from tests.support.logs.sample_logs import px4_ulog, ulog_sample


def small_log() -> UlogWriter:
    log = UlogWriter()
    log.format("esc:float rpm;uint8_t number;uint8_t[3] _padding0;")
    log.format("esc_status:uint64_t timestamp;esc[2] escs;bool online;char[4] tag;uint8_t[3] _padding1;")
    log.format("attitude:uint64_t timestamp;float[4] q;")
    log.keyed("I", "char[5] sys_name", b"PX4!!")
    log.keyed("P", "int32_t SYS_HITL", struct.pack("<i", -1))
    log.keyed("P", "float MIS_TAKEOFF_ALT", struct.pack("<f", 2.5))
    log.subscribe(0, "attitude")
    log.subscribe(1, "esc_status")
    log.subscribe(2, "attitude", 1)
    for i in range(4):
        log.sample(0, struct.pack("<Q4f", 6_000_000 + i, 1.0, i, 0.0, 0.0))
        # The padding at the end of a sample is not written.
        log.sample(1, struct.pack("<QfBxxxfBxxx?4s", 6_000_000 + i, 100.0 + i, 1, 200.0, 2, True, b"ab"))
    log.sample(2, struct.pack("<Q4f", 6_000_010, 0.5, 0.5, 0.5, 0.5))
    log.text(6_000_020, 4, "low battery")
    log.message("O", struct.pack("<H", 37))
    return log


def check_small(log: Ulog) -> None:
    assert log.tables["attitude", 0]["q[1]"].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert log.tables["attitude", 1]["timestamp"].tolist() == [6_000_010]
    escs = log.tables["esc_status", 0]
    assert escs["escs[0].rpm"].tolist() == [100.0, 101.0, 102.0, 103.0]
    assert escs["escs[1].number"].tolist() == [2, 2, 2, 2]
    assert escs["online"].all()
    assert escs["tag"].tolist() == [b"ab"] * 4


def test_fields_nested_arrays_and_texts_come_out_as_written() -> None:
    log = read_ulog(bytes(small_log().data))
    check_small(log)
    assert log.start_us == 5_000_000
    assert log.params == {"SYS_HITL": -1, "MIS_TAKEOFF_ALT": 2.5}
    assert log.info == {"sys_name": "PX4!!"}
    assert [(t.time_us, t.level, t.text) for t in log.texts] == [(6_000_020, 4, "low battery")]
    assert (log.dropouts_ms, log.bad_bytes, log.broken, log.messages) == ([37], 0, [], 9)


def test_one_topic_subscribed_twice_is_one_table_in_time_order() -> None:
    writer = small_log()
    writer.subscribe(9, "attitude")
    writer.sample(9, struct.pack("<Q4f", 5_999_999, 9.0, 9.0, 9.0, 9.0))
    table = read_ulog(bytes(writer.data)).tables["attitude", 0]
    assert table["q[0]"].tolist() == [9.0, 1.0, 1.0, 1.0, 1.0]


def test_information_in_parts_is_kept_by_part_and_a_parameter_has_its_last_value() -> None:
    writer = small_log()
    writer.keyed("I", "char[3] notes", b"one")
    for continued, text in ((0, b"first at 47.3"), (1, b"977, 8.5456"), (0, b"second")):
        key = f"char[{len(text)}] notes".encode()
        writer.message("M", bytes((continued, len(key))) + key + text)
    writer.keyed("P", "float MIS_TAKEOFF_ALT", struct.pack("<f", 7.5))
    writer.message("Q", bytes((1, 21)) + b"float MIS_TAKEOFF_ALT" + struct.pack("<f", 2.5))
    log = read_ulog(bytes(writer.data))
    assert log.info["notes"] == [["first at 47.3", "977, 8.5456"], ["second"]]
    assert log.params["MIS_TAKEOFF_ALT"] == 7.5
    for level in LEVELS:
        copy = anonymize_ulog(bytes(writer.data), Mover(level, None))
        assert read_ulog(copy).info["notes"] == [["first at ####", "###, ######"], ["second"]]


def test_messages_of_a_newer_version_of_the_format_are_left_out_and_told() -> None:
    old, writer = small_log().data, small_log()
    writer.data[:] = old[:16]
    writer.message("Z", b"47.3977 N")
    writer.message("x", b"of a newer version")
    writer.data += old[16:]
    writer.message("Z", b"at the end")
    log = read_ulog(bytes(writer.data))
    check_small(log)
    assert (log.bad_bytes, log.dropouts_ms, log.info) == (0, [37], {"sys_name": "PX4!!"})
    assert log.broken == [
        "2 messages of type Z, which is not known, are left out",
        "1 messages of type x, which is not known, are left out",
    ]
    copy = bytes(anonymize_ulog(bytes(writer.data), Mover("position", None)))
    assert len(copy) == len(writer.data)
    assert b"47.3977" not in copy
    check_small(read_ulog(copy))


@pytest.mark.parametrize(("cut", "lost"), [(1, 4), (2, 3), (6, 22)])
def test_a_truncated_log_is_read_to_its_last_whole_message(cut: int, lost: int) -> None:
    log = read_ulog(bytes(small_log().data)[:-cut])
    check_small(log)
    assert log.dropouts_ms == []
    assert log.bad_bytes == lost


@pytest.mark.parametrize("cut", [0, 2])
def test_a_length_that_damage_took_past_the_end_costs_its_own_message_only(cut: int) -> None:
    writer = UlogWriter()
    writer.format("height:uint64_t timestamp;float m;")
    writer.subscribe(0, "height")
    begins = []
    for i in range(20):
        begins.append(len(writer.data))
        writer.sample(0, struct.pack("<Qf", 5_000_000 + i, float(i)))
    struct.pack_into("<H", writer.data, begins[4], 15_000)
    log = read_ulog(bytes(writer.data)[: len(writer.data) - cut])
    got = log.tables["height", 0]["m"].tolist()
    assert got == [float(i) for i in range(20 - (cut > 0)) if i != 4]
    assert log.bad_bytes == begins[5] - begins[4] + (begins[1] - begins[0] - cut if cut else 0)


def test_appended_data_is_read_from_the_offsets_of_the_header() -> None:
    writer = small_log()
    whole = writer.data[:-3]  # the last message before the crash is cut
    at = len(whole)
    struct.pack_into("<Q", whole, 16 + 3 + 16, at)
    whole[16 + 3 + 8] = 1
    late = UlogWriter()
    late.data.clear()
    late.text(7_000_000, 2, "crashed")
    log = read_ulog(bytes(whole + late.data))
    check_small(log)
    assert log.texts[-1].text == "crashed"


def test_samples_without_a_format_are_named_and_the_rest_is_read() -> None:
    writer = small_log()
    writer.subscribe(7, "mystery")
    writer.sample(7, bytes(12))
    writer.sample(8, bytes(12))
    writer.format("nothing:")
    writer.subscribe(9, "nothing")
    writer.sample(9, bytes(3))
    log = read_ulog(bytes(writer.data))
    check_small(log)
    assert log.broken == [
        "1 samples of mystery without a valid format",
        "1 samples of subscription 8 without a valid format",
        "1 samples of nothing without a valid format",
    ]


def test_formats_that_contain_one_another_do_not_hang_the_reader() -> None:
    writer = UlogWriter()
    writer.format("a:b x;")
    writer.format("b:a y;")
    writer.subscribe(0, "a")
    writer.sample(0, bytes(8))
    with pytest.raises(UlogError, match="contain one another"):
        read_ulog(bytes(writer.data))


def test_a_file_that_is_no_ulog_or_has_unsupported_features_is_refused() -> None:
    with pytest.raises(UlogError, match=r"x\.ulg: invalid ULog"):
        read_ulog(bytes(64), name="x.ulg")
    data = bytearray(small_log().data)
    data[16 + 3 + 8] = 2
    with pytest.raises(UlogError, match="incompatible features that are not supported"):
        read_ulog(bytes(data))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_damage_breaks_it(data: st.DataObject) -> None:
    whole = bytearray(small_log().data)
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(16, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        log = read_ulog(bytes(whole))
    except UlogError:
        return
    for table in log.tables.values():
        for name in table:
            assert len(table[name]) == table.count


@pytest.mark.parametrize(
    ("name", "messages", "tables", "dropouts"),
    [
        # Counts of pyulog 1.3.0, topics with two subscriptions joined.
        ("px4_square.ulg", 105_862, 58, 0),
        ("px4_survey.ulg", 250_894, 58, 0),
        ("sample.ulg", 64_542, 15, 4),
        ("sample_appended_multiple.ulg", 6_852, 20, None),
        ("sample_log_small.ulg", 14_604, 70, 1),
    ],
)
def test_real_logs_have_pyulogs_counts(
    recordings: Path, name: str, messages: int, tables: int, dropouts: int | None
) -> None:
    log = read_ulog((recordings / "logs" / name).read_bytes())
    assert (log.messages, len(log.tables), log.bad_bytes, log.broken) == (messages, tables, 0, [])
    if dropouts is not None:
        assert len(log.dropouts_ms) == dropouts


def _as_pyulog(path: Path) -> None:
    """Every field of every topic as pyulog reads it, without padding; topics with two subscriptions are joined by
    time."""
    pyulog = pytest.importorskip("pyulog")
    ours, peer = read_ulog(path.read_bytes()), pyulog.ULog(str(path))
    theirs: dict[tuple[str, int], list[Any]] = {}
    for data in peer.data_list:
        theirs.setdefault((data.name, data.multi_id), []).append(data.data)
    assert ours.tables.keys() == theirs.keys()
    for key, parts in theirs.items():
        table = ours.tables[key]
        # A text is one field here, and one for each character in pyulog.
        fields = list(dict.fromkeys(re.sub(r"^(tag)\[\d\]$", r"\1", name) for name in parts[0]))
        fields = [name for name in fields if "_padding" not in name]
        assert fields == [name for name in table if "_padding" not in name]
        order = np.argsort(np.concatenate([part["timestamp"] for part in parts]), kind="stable")
        for name in fields:
            column = table[name]
            if column.dtype.kind == "S":
                letters = [parts[0][f"{name}[{i}]"] for i in range(column.dtype.itemsize)]
                assert np.stack(letters, 1).astype(np.uint8).tobytes() == column.tobytes()
                continue
            joined = np.concatenate([part[name] for part in parts])[order if len(parts) > 1 else slice(None)]
            assert joined.astype(column.dtype).tobytes() == column.tobytes(), (key, name)
    changed = {name: value for _, name, value in peer.changed_parameters}
    assert ours.params == peer.initial_parameters | changed
    assert ours.info == peer.msg_info_dict | peer.msg_info_multiple_dict
    assert [(text.time_us, text.text) for text in ours.texts] == [
        (one.timestamp, one.message) for one in peer.logged_messages
    ]
    assert ours.dropouts_ms == [one.duration for one in peer.dropouts]


@pytest.mark.parametrize("made", [lambda: bytes(small_log().data), px4_ulog, ulog_sample])
def test_pyulog_reads_the_written_logs_with_the_same_values(
    tmp_path: Path, made: Callable[[], bytes]
) -> None:
    (tmp_path / "a.ulg").write_bytes(made())
    _as_pyulog(tmp_path / "a.ulg")


@pytest.mark.parametrize(
    "name", ["px4_square.ulg", "sample.ulg", "sample_appended_multiple.ulg", "sample_log_small.ulg"]
)
def test_real_logs_have_pyulogs_values(shared_data: Path, name: str) -> None:
    _as_pyulog(shared_data / "logs" / name)
