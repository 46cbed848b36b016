"""DataFlash logs as columns: a small written one value by value, real ones against pymavlink, and damaged ones."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymavlink import DFReader

from controller.logs.formats.dataflash.reader import DataFlash, DataFlashError, read_dataflash
from tests.support.logs.onboard_logs import DataFlashWriter


def small_log() -> DataFlashWriter:
    log = DataFlashWriter()
    log.define("FMTU", 116, "QBNN", "TimeUS,FmtType,UnitIds,MultIds", "QB16s16s")
    log.define("GPS", 20, "QBLLec", "TimeUS,Status,Lat,Lng,Alt,Spd", "QBiiih")
    log.define("MSG", 21, "QZ", "TimeUS,Message", "Q64s")
    log.define("ARR", 22, "Qa", "TimeUS,Data", "Q32h")
    log.write("FMTU", 1, 20, b"s-DUmn", b"F-GGBB")
    for i in range(5):
        log.write("GPS", 1000 + i, 3, 473977500 + i, -85456000, 48893 + i, 512)
        log.write("ARR", 1000 + i, *range(i, i + 32))
    log.write("MSG", 2000, b"ArduCopter V4.7")
    return log


def test_values_are_scaled_as_their_letters_say() -> None:
    log = read_dataflash(bytes(small_log().data))
    gps = log.tables["GPS"]
    assert gps["TimeUS"].tolist() == [1000, 1001, 1002, 1003, 1004]
    assert gps["Lat"][4] == pytest.approx(47.3977504, abs=1e-9)
    assert gps["Alt"][1] == pytest.approx(488.94)
    assert gps["Spd"][0] == pytest.approx(5.12)
    assert gps.format.units == "s-DUmn"
    assert log.tables["MSG"]["Message"].tolist() == [b"ArduCopter V4.7"]
    assert log.tables["ARR"]["Data"][2].tolist() == list(range(2, 34))
    assert (log.messages, log.bad_bytes, log.broken) == (5 + 1 + 5 + 5 + 1, 0, ())


def test_a_truncated_log_is_read_to_its_last_whole_record() -> None:
    data = bytes(small_log().data)
    log = read_dataflash(data[:-10])
    assert "MSG" not in log.tables
    assert log.tables["ARR"].count == 5
    assert log.bad_bytes == 75 - 10


@pytest.mark.parametrize(("length", "name"), [(255, b"ARR"), (14, b"GPS"), (9, b"")])
def test_a_type_keeps_its_description_when_a_broken_one_comes_behind_its_records(
    length: int, name: bytes
) -> None:
    log = small_log()
    log.write("FMT", 22, length, name, b"QBH"[: length - 11], b"TimeUS,A,B")
    log.write("GPS", 9999, 3, 1, 2, 3, 4)
    read = read_dataflash(bytes(log.data))
    assert read.tables["ARR"]["Data"][2].tolist() == list(range(2, 34))
    assert (read.tables["GPS"].count, read.bad_bytes, read.broken) == (6, 0, ())


def test_noise_between_records_is_skipped_and_counted() -> None:
    log, clean = DataFlashWriter(), small_log()
    log.data = clean.data + b"\xa3\x95\x99noise" + bytes(100)
    log._kinds = clean._kinds
    log.write("GPS", 9999, 3, 1, 2, 3, 4)
    read = read_dataflash(bytes(log.data))
    assert read.tables["GPS"]["TimeUS"][-1] == 9999
    assert read.bad_bytes == 108


def test_a_type_with_a_broken_description_is_named_and_left_out() -> None:
    log = DataFlashWriter()
    log.define("BAD", 30, "Qx", "TimeUS,What", "QB")
    log.define("GOOD", 31, "Q", "TimeUS", "Q")
    log.write("BAD", 1, 2)
    log.write("GOOD", 7)
    read = read_dataflash(bytes(log.data))
    assert read.broken == ("BAD",)
    assert read.tables["GOOD"]["TimeUS"].tolist() == [7]


@pytest.mark.parametrize("data", [b"", b"\0" * 1000, b"ULog\x01\x12\x35\x01" + bytes(50)])
def test_a_file_that_is_no_dataflash_log_is_refused(data: bytes) -> None:
    with pytest.raises(DataFlashError, match=r"some\.bin: invalid DataFlash log"):
        read_dataflash(data, name="some.bin")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_damage_breaks_it(data: st.DataObject) -> None:
    whole = bytearray(small_log().data)
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(3, len(whole) - 1))] = data.draw(st.integers(0, 255))
    log = read_dataflash(bytes(whole))
    for table in log.tables.values():
        for name in table:
            assert len(table[name]) == table.count


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, bytes):
        return ours.decode("latin1").rstrip("\0") == str(theirs).rstrip("\0") or repr(theirs).startswith("b")
    if isinstance(ours, np.ndarray):
        return [int(value) for value in ours] == list(theirs)
    number = float(theirs)
    return math.isclose(float(ours), number, rel_tol=1e-6, abs_tol=1e-9) or math.isnan(number)


@pytest.mark.parametrize("name", ["arducopter_square.bin", "arducopter_mission.bin"])
def test_real_logs_have_pymavlinks_counts_and_values(shared_data: Path, name: str) -> None:
    path = shared_data / "logs" / name
    log: DataFlash = read_dataflash(path.read_bytes())
    peer = DFReader.DFReader_binary(str(path))
    counts: Counter[str] = Counter()
    while (message := peer.recv_msg()) is not None:
        kind = message.get_type()
        if counts[kind] % 97 == 0:
            row = counts[kind]
            for label in message._fieldnames:
                assert same(log.tables[kind][label][row], getattr(message, label)), (kind, label, row)
        counts[kind] += 1
    peer.data_map.close()
    peer.filehandle.close()
    assert counts == {kind: table.count for kind, table in log.tables.items()}
