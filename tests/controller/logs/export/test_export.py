"""Exports of flights, read back with the readers of those formats."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow.parquet as pq
import pytest
from mcap.reader import make_reader

from controller.logs.export.export import export
from controller.logs.export.gpx import gpx_text
from controller.logs.export.result import ExportError, TimeSpan
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from tests.support.logs.logged_flights import LAT, LON, START_US, write_flight
from tests.support.logs.sample_logs import dataflash_sample, ulog_sample

GPX = {"g": "http://www.topografix.com/GPX/1/1"}
KML = {"k": "http://www.opengis.net/kml/2.2", "gx": "http://www.google.com/kml/ext/2.2"}
MIDDLE = TimeSpan(START_US + 5_000_000, START_US + 9_000_000)


@pytest.fixture
def flight(tmp_path: Path) -> Path:
    return write_flight(tmp_path / "flights", warnings=1)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def messages(path: Path) -> list[tuple[str, str, int, dict[str, Any]]]:
    with path.open("rb") as file:
        return [
            (channel.topic, schema.name if schema else "", message.log_time, json.loads(message.data))
            for schema, channel, message in make_reader(file, validate_crcs=True).iter_messages(
                log_time_order=False
            )
        ]


def test_csv_is_a_folder_of_tables(flight: Path, tmp_path: Path) -> None:
    done = export(flight, "csv", tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"ATTITUDE.csv", "series_position.csv", "events.csv", "params.csv"} <= names
    assert (done.files, done.problems) == (len(names), ())
    rows = read_csv(tmp_path / "out" / "BATTERY_STATUS.csv")
    assert len(rows) == 20
    assert rows[1]["utc"] == "2026-05-17T06:40:01.000000Z"
    assert (rows[1]["voltages_0"], rows[1]["voltages_1"], rows[1]["current_battery"]) == (
        "15000",
        "200",
        "1520",
    )


def test_one_table_is_a_file_and_a_span_is_cut(flight: Path, tmp_path: Path) -> None:
    target = tmp_path / "attitude.csv"
    done = export(flight, "csv", target, span=MIDDLE, tables=frozenset({"attitude"}))
    assert (done.files, done.rows) == (1, 5)
    times = [int(row["time_us"]) for row in read_csv(target)]
    assert times == [START_US + second * 1_000_000 for second in range(5, 10)]
    assert float(read_csv(target)[0]["roll"]) == pytest.approx(0.1)


def test_parquet_keeps_types_and_adds_the_time(flight: Path, tmp_path: Path) -> None:
    export(flight, "parquet", tmp_path / "out", span=MIDDLE)
    table = pq.read_table(tmp_path / "out" / "BATTERY_STATUS.parquet")
    assert table.num_rows == 5
    assert table["voltages"][0].as_py()[:3] == [15000, 200, 65535]
    assert str(table.schema.field("utc").type) == "timestamp[us, tz=UTC]"
    assert table["utc"][0].as_py().isoformat() == "2026-05-17T06:40:05+00:00"


def test_bytes_are_hexadecimal_in_a_csv(flight: Path, tmp_path: Path) -> None:
    packed = Encoder(address(1, 1)).pack(m.GPS_INJECT_DATA(len=2, data=b"\x01\xff"))
    with (flight / "frames.tlog").open("ab") as frames:
        frames.write(START_US.to_bytes(8, "big") + packed)
    export(flight, "csv", tmp_path / "a.csv", tables=frozenset({"GPS_INJECT_DATA"}))
    assert read_csv(tmp_path / "a.csv")[0]["data"].startswith("01ff00")


def test_kml_has_the_track_with_times_and_its_events(flight: Path, tmp_path: Path) -> None:
    done = export(flight, "kml", tmp_path / "a.kml")
    assert done.rows == 20
    root = ElementTree.parse(tmp_path / "a.kml").getroot()
    whens = [when.text for when in root.findall(".//gx:Track/k:when", KML)]
    coords = [coord.text for coord in root.findall(".//gx:Track/gx:coord", KML)]
    assert (len(whens), len(coords)) == (20, 20)
    assert whens[1] == "2026-05-17T06:40:01.000000Z"
    lon, lat, alt = map(float, str(coords[6]).split())
    assert (lon, lat, alt) == (pytest.approx(LON), pytest.approx(LAT + 5 / 111_195, abs=1e-6), 508.0)
    names = [name.text for name in root.findall(".//k:Placemark/k:name", KML)]
    assert names == [flight.name, "STABILIZE (disarmed)", "gusts", "AUTO", "STABILIZE (disarmed)"]


def test_kml_survives_texts_that_are_markup(flight: Path, tmp_path: Path) -> None:
    line = {"utc": "2026-05-17T06:40:04Z", "kind": "warning", "text": "wind > 10 <b>&\x01"}
    with (flight / "events.jsonl").open("a") as events:
        events.write(json.dumps(line) + "\n")
    export(flight, "kml", tmp_path / "a.kml")
    root = ElementTree.parse(tmp_path / "a.kml").getroot()
    assert "wind > 10 <b>&" in [name.text for name in root.findall(".//k:Placemark/k:name", KML)]


def test_gpx_has_elevations_times_and_events_in_the_order_of_the_schema(flight: Path, tmp_path: Path) -> None:
    line = {"utc": "2026-05-17T06:40:04Z", "kind": "warning", "text": "wind > 10 <b>&\x01"}
    with (flight / "events.jsonl").open("a") as events:
        events.write(json.dumps(line) + "\n")
    assert export(flight, "gpx", tmp_path / "a.gpx").rows == 20
    root = ElementTree.parse(tmp_path / "a.gpx").getroot()
    assert (root.tag, root.get("version")) == ("{http://www.topografix.com/GPX/1/1}gpx", "1.1")
    assert [child.tag.partition("}")[2] for child in root] == ["metadata", *["wpt"] * 5, "trk"]
    points = root.findall("g:trk/g:trkseg/g:trkpt", GPX)
    assert len(points) == 20
    assert [child.tag.partition("}")[2] for child in points[6]] == ["ele", "time"]
    assert float(points[6].get("lat", "")) == pytest.approx(LAT + 5 / 111_195, abs=1e-6)
    assert float(points[6].get("lon", "")) == pytest.approx(LON)
    assert [child.text for child in points[6]] == ["508.00", "2026-05-17T06:40:06.000000Z"]
    names = [name.text for name in root.findall("g:wpt/g:name", GPX)]
    assert "wind > 10 <b>&" in names


def test_gpx_begins_a_segment_after_a_gap_and_invents_no_time(tmp_path: Path) -> None:
    times_us = np.array([0, 1, 2, 20, 21]) * 1_000_000
    degrees, msl_m = np.linspace(10, 11, 5), np.array([1.0, np.nan, 3, 4, 5])
    (tmp_path / "a.gpx").write_text(gpx_text("a", (times_us, degrees, degrees, msl_m), [], utc=False))
    root = ElementTree.parse(tmp_path / "a.gpx").getroot()
    segments = root.findall("g:trk/g:trkseg", GPX)
    assert [len(segment) for segment in segments] == [3, 2]
    assert [child.tag.partition("}")[2] for child in root.iter()].count("ele") == 4
    assert root.findall(".//g:time", GPX) == []


def test_geojson_has_longitude_first_and_names_the_altitude_reference(flight: Path, tmp_path: Path) -> None:
    export(flight, "geojson", tmp_path / "a.geojson", span=MIDDLE)
    read = json.loads((tmp_path / "a.geojson").read_text())
    line, *points = read["features"]
    assert read["type"] == "FeatureCollection"
    assert line["geometry"]["type"] == "LineString"
    assert line["geometry"]["coordinates"][0] == [LON, LAT, 508.0]
    assert len(line["geometry"]["coordinates"]) == len(line["properties"]["coordTimes"]) == 5
    assert line["properties"]["altitudes"] == "metres above mean sea level"
    assert points == []
    export(flight, "geojson", tmp_path / "b.geojson")
    _, *points = json.loads((tmp_path / "b.geojson").read_text())["features"]
    assert [point["properties"]["kind"] for point in points] == ["mode", "warning", "mode", "mode"]


def test_mcap_has_every_message_in_order_and_the_track_for_maps(flight: Path, tmp_path: Path) -> None:
    late = Encoder(address(1, 1)).pack(m.ATTITUDE(roll=0.1))
    with (flight / "frames.tlog").open("ab") as frames:
        frames.write((START_US + 1_500_000).to_bytes(8, "big") + late)
    done = export(flight, "mcap", tmp_path / "a.mcap")
    found = messages(tmp_path / "a.mcap")
    assert done.rows == len(found)
    times = [time_ns for _, _, time_ns, _ in found]
    assert times == sorted(times)
    by_topic = {topic: data for topic, _, _, data in found}
    assert by_topic["/ATTITUDE"]["roll"] == pytest.approx(0.1)
    assert by_topic["/BATTERY_STATUS"]["voltages"][0] == 15000
    assert sum(topic == "/HEARTBEAT" for topic, *_ in found) == 40
    fixes = [data for topic, schema, _, data in found if schema == "foxglove.LocationFix"]
    assert (fixes[5]["latitude"], fixes[5]["longitude"], fixes[5]["altitude"]) == pytest.approx(
        (LAT, LON, 508)
    )
    assert fixes[5]["timestamp"] == {"sec": START_US // 1_000_000 + 5, "nsec": 0}
    with (tmp_path / "a.mcap").open("rb") as file:
        metadata = {record.name: record.metadata for record in make_reader(file).iter_metadata()}
    assert metadata["params"]["WPNAV_SPEED"] == "500.0"


def test_mcaps_json_has_no_nan(flight: Path, tmp_path: Path) -> None:
    encoder = Encoder(address(1, 1))
    odd = [
        m.ATTITUDE(roll=float("nan")),
        m.ATTITUDE_QUATERNION_COV(q=(float("nan"), 1.0, float("inf"), 0.0)),
    ]
    with (flight / "frames.tlog").open("ab") as frames:
        for message in odd:
            frames.write((START_US + 90_000_000).to_bytes(8, "big") + encoder.pack(message))
    export(flight, "mcap", tmp_path / "a.mcap")
    last = {topic: data for topic, _, _, data in messages(tmp_path / "a.mcap")}
    assert last["/ATTITUDE"]["roll"] is None
    assert last["/ATTITUDE_QUATERNION_COV"]["q"] == [None, 1.0, None, 0.0]


def test_single_logs_of_any_format_can_be_exported(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(dataflash_sample())
    (tmp_path / "a.ulg").write_bytes(ulog_sample())
    assert export(tmp_path / "a.bin", "csv", tmp_path / "csv").rows > 10
    assert float(read_csv(tmp_path / "csv" / "bin_ATT.csv")[0]["Roll"]) == 10.0
    export(tmp_path / "a.ulg", "mcap", tmp_path / "a.mcap")
    assert {topic for topic, *_ in messages(tmp_path / "a.mcap")} >= {"/ulg_vehicle_attitude", "/location"}


def test_an_impossible_export_is_an_error_of_one_line(flight: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"invalid format 'xls'.*csv, parquet, kml, geojson, gpx, mcap"):
        export(flight, "xls", tmp_path / "a")
    with pytest.raises(ExportError, match="no such table"):
        export(flight, "csv", tmp_path / "a", tables=frozenset({"NOPE"}))
    with pytest.raises(ExportError, match="no data in the time span"):
        export(flight, "kml", tmp_path / "a", span=TimeSpan(1, 2))
    with pytest.raises(ExportError, match="overwrite the record itself"):
        export(flight, "kml", flight / "frames.tlog")
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="cannot write the export"):
        export(flight, "csv", tmp_path / "file")
    with pytest.raises(ExportError, match="the folder holds no log"):
        export(tmp_path / "flights", "csv", tmp_path / "a")


def test_a_log_that_cannot_be_read_is_named_and_the_rest_is_exported(flight: Path, tmp_path: Path) -> None:
    (flight / "odd.ulg").write_bytes(b"ULog" + bytes(100))
    done = export(flight, "csv", tmp_path / "out")
    assert (len(done.problems), done.rows > 100) == (1, True)
    assert "odd.ulg" in done.problems[0]


@pytest.mark.parametrize("name", ["arducopter_square.bin", "px4_square.ulg", "arduplane_vtol.tlog"])
@pytest.mark.parametrize("form", ["kml", "geojson", "gpx", "csv", "parquet"])
def test_real_logs_are_exported(shared_data: Path, tmp_path: Path, name: str, form: str) -> None:
    assert export(shared_data / "logs" / name, form, tmp_path / "out").rows > 50
