"""Logs read in chunks: chunks of any size have the messages of the whole log, and exports from them are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import UserError
from controller.logs.export import export as exporting
from controller.logs.export.export import export
from controller.logs.formats import chunked as chunks
from controller.logs.formats.base import Log, LogUnreadable
from controller.logs.formats.chunked import in_chunks, summarize
from controller.logs.formats.read import open_log
from controller.logs.query import parquet_tables as query_columns
from controller.logs.series.read import read_series, series_in_chunks
from tests.support.logs.logged_flights import flight_frames
from tests.support.logs.onboard_logs import UlogWriter
from tests.support.logs.sample_logs import dataflash_sample, ulog_sample

WHOLE = {"tlog": flight_frames(seconds=8), "bin": dataflash_sample(), "ulg": ulog_sample()}
EACH = pytest.mark.parametrize("which", WHOLE)


def tables(log: Log) -> dict[tuple[str, int], Any]:
    """Messages by name and instance."""
    return {
        (table.name, int(columns.get("instance", [0])[0])): fields
        for table in log.export_tables(0)
        for columns, fields in [table.read()]
    }


def same(path: Path, chunk_bytes: int) -> int:
    """Compare the chunks with the whole; return their number."""
    whole = open_log(path)
    parts: dict[Any, list[Any]] = {}
    reads = list(in_chunks(path, chunk_bytes=chunk_bytes))
    for read in reads:
        for key, table in tables(read).items():
            parts.setdefault(key, []).append(table)
    assert parts.keys() == tables(whole).keys()
    for key, table in tables(whole).items():
        for field in table:
            joined = np.concatenate([part[field] for part in parts[key]])
            assert joined.tobytes() == np.ascontiguousarray(table[field]).tobytes(), (key, field)
    counted = summarize(path, chunk_bytes=chunk_bytes)
    assert counted.counts == whole.counts
    assert (counted.messages, counted.size_bytes) == (whole.messages, whole.size_bytes)
    return len(reads)


@EACH
@pytest.mark.parametrize("chunk_bytes", [100, 333, 2000])
def test_chunks_of_any_size_are_the_whole(tmp_path: Path, which: str, chunk_bytes: int) -> None:
    path = tmp_path / f"a.{which}"
    path.write_bytes(WHOLE[which])
    assert same(path, chunk_bytes) >= min(3, len(WHOLE[which]) // (2 * chunk_bytes))
    assert summarize(path, chunk_bytes=chunk_bytes).bad_bytes == open_log(path).bad_bytes


@EACH
def test_a_log_that_fits_is_read_in_one(tmp_path: Path, which: str) -> None:
    path = tmp_path / f"a.{which}"
    path.write_bytes(WHOLE[which])
    assert same(path, len(WHOLE[which])) == 1


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_log_has_its_messages_in_chunks_too(tmp_path_factory: Any, data: st.DataObject) -> None:
    which = data.draw(st.sampled_from(sorted(WHOLE)))
    raw = bytearray(WHOLE[which])
    at = data.draw(st.integers(200, len(raw) - 1))
    gone = data.draw(st.integers(0, 60))
    raw[at : at + gone] = data.draw(st.binary(max_size=60))
    path = tmp_path_factory.mktemp("damaged") / f"a.{which}"
    path.write_bytes(raw)
    try:
        whole = open_log(path)
    except UserError:
        return
    counted = summarize(path, chunk_bytes=data.draw(st.integers(150, 3000)))
    assert (counted.counts, counted.bad_bytes) == (whole.counts, whole.bad_bytes)
    assert counted.lost == whole.lost
    assert counted.lost.bytes == counted.bad_bytes


def test_series_of_chunks_are_on_one_clock(tmp_path: Path) -> None:
    for which in ("bin", "ulg"):
        path = tmp_path / f"a.{which}"
        path.write_bytes(WHOLE[which])
        whole = read_series(path)
        views = [view for _, view in series_in_chunks(path, chunk_bytes=600)]
        assert len(views) > 2
        assert {view.shift_us for view in views} == {whole.shift_us}
        for name in ("attitude", "position"):
            times = np.concatenate([view.channels[name].times_us for view in views if name in view.channels])
            assert times.tolist() == whole.channels[name].times_us.tolist()


def test_an_instance_that_begins_late_gives_the_first_its_number(tmp_path: Path) -> None:
    log = UlogWriter()
    log.format("baro:uint64_t timestamp;float pressure_pa;")
    log.subscribe(1, "baro", 0)
    for time_us in range(50):
        log.sample(1, time_us.to_bytes(8, "little") + bytes(4))
    log.subscribe(2, "baro", 1)
    for time_us in range(50):
        log.sample(2, time_us.to_bytes(8, "little") + bytes(4))
    (tmp_path / "a.ulg").write_bytes(bytes(log.data))
    assert summarize(tmp_path / "a.ulg", chunk_bytes=400).counts == {"baro.0": 50, "baro.1": 50}


def test_a_file_without_a_message_is_refused_after_its_last_chunk(tmp_path: Path) -> None:
    (tmp_path / "a.tlog").write_bytes(bytes(5000))
    with pytest.raises(LogUnreadable):
        summarize(tmp_path / "a.tlog", chunk_bytes=1000)


@EACH
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_written_in_chunks_hold_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str, form: str
) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    path = tmp_path / f"a.{which}"
    path.write_bytes(WHOLE[which])
    whole = export(path, form, tmp_path / "whole")
    monkeypatch.setattr(query_columns, "CHUNK_BYTES", 700)
    real = chunks.in_chunks
    monkeypatch.setattr(chunks, "in_chunks", lambda path, **_: real(path, chunk_bytes=700))
    parts = export(path, form, tmp_path / "parts")
    assert parts.files == whole.files
    read = pyarrow.parquet.read_table if form == "parquet" else pyarrow.csv.read_csv
    names = sorted(file.name for file in (tmp_path / "whole").iterdir())
    assert sorted(file.name for file in (tmp_path / "parts").iterdir()) == names
    for name in names:
        if not name.startswith("series_"):
            assert read(tmp_path / "parts" / name).equals(read(tmp_path / "whole" / name)), name


def test_one_table_of_a_large_log_is_written_where_it_should(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.tlog"
    path.write_bytes(WHOLE["tlog"])
    monkeypatch.setattr(query_columns, "CHUNK_BYTES", 700)
    done = export(path, "csv", tmp_path / "attitude.csv", tables=frozenset({"ATTITUDE"}))
    assert done.files == 1
    assert len((tmp_path / "attitude.csv").read_text().splitlines()) == done.rows + 1
    with pytest.raises(exporting.ExportError, match="no such table"):
        export(path, "csv", tmp_path / "none.csv", tables=frozenset({"NONE"}))


def test_real_logs_are_the_same_in_chunks(recordings: Path) -> None:
    for name in ("arduplane_vtol.tlog", "sample_log_small.ulg", "sample_appended_multiple.ulg"):
        assert same(recordings / "logs" / name, 100_000) > 3
