"""DJI's subtitles in all their forms, and GPX tracks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import UserError
from controller.logs.formats.base import Log, LogUnreadable
from controller.logs.formats.read import read_bytes
from controller.logs.formats.registry import recognized
from tests.support.logs import history_files as files

BEGIN_US = files.BEGIN_UTC_MS * 1000
FORMS = ("new", "old", "home", "matrice", "mini")


def read(text: str, name: str) -> Log:
    return read_bytes(memoryview(text.encode()), Path(name))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_subtitles_has_the_same_track(form: str) -> None:
    log = read(files.srt(form), "DJI_0001.SRT")
    position = log.series().channels["position"]
    lats_deg = files.LAT_DEG + np.arange(files.ROWS) * files.STEP_DEG
    assert position["lat_deg"] == pytest.approx(lats_deg, abs=1e-6)
    assert position["lon_deg"] == pytest.approx(np.full(files.ROWS, files.LON_DEG), abs=1e-6)
    assert np.diff(position.times_us).tolist() == [1_000_000] * (files.ROWS - 1)
    assert abs(position.times_us[0] - BEGIN_US - 250_000) <= 250_000
    # The one altitude of the old form has no stated reference.
    heights_m = np.full(files.ROWS, np.nan) if form == "old" else np.arange(files.ROWS) * 2.0
    np.testing.assert_allclose(position["home_m"], heights_m)
    msl_m = heights_m + files.HOME_MSL_M if form == "new" else np.full(files.ROWS, np.nan)
    np.testing.assert_allclose(position["msl_m"], msl_m)
    assert any("zone" in line for line in log.problems)


def test_a_shutter_time_is_no_value_of_its_own() -> None:
    columns = read(files.srt("new"), "a.SRT").tables["telemetry"]
    assert "shutter" not in columns
    assert columns["iso"][0] == 100
    assert columns["fnum"][0] == 2.8


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1\n00:00:00,000 --> 00:00:01,000\n[latitude: 1.0] [longitude: 2.0]\n", "no date"),
        ("1\n00:00:00,000 --> 00:00:01,000\n2024-01-01 00:00:00\n[latitude: 1.0]\n", "no position"),
    ],
)
def test_subtitles_without_a_date_or_a_place_are_refused(text: str, words: str) -> None:
    with pytest.raises(LogUnreadable, match=words):
        read(text, "a.SRT")


def test_the_subtitles_of_a_film_are_no_flight() -> None:
    assert recognized(memoryview(b"1\n00:00:01,000 --> 00:00:02,000\nHello.\n")) is None


def test_a_gpx_track_is_in_utc_and_above_sea_level() -> None:
    log = read(files.gpx(), "t.gpx")
    position = log.series().channels["position"]
    assert position.times_us[0] == BEGIN_US + 250_000
    assert position["msl_m"].tolist() == [files.HOME_MSL_M + at * 2 for at in range(files.ROWS)]
    assert any("above mean sea level" in line for line in log.problems)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (files.gpx(times=False), "no times"),
        (files.gpx()[:-30], "invalid XML"),
        (files.gpx().replace("<gpx ", '<!DOCTYPE a [<!ENTITY b "c">]><gpx ', 1), "document type"),
        ('<gpx version="1.1"></gpx>', "no row with a time"),
    ],
    ids=["no times", "cut off", "entities", "empty"],
)
def test_a_gpx_file_that_is_no_flight_is_refused(text: str, words: str) -> None:
    with pytest.raises(LogUnreadable, match=words):
        read(text, "t.gpx")


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([*(files.srt(form) for form in FORMS), files.gpx()]), st.data())
def test_any_change_of_the_text_is_read_or_refused(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    other = data.draw(st.text(st.characters(blacklist_categories=("Cs",)), max_size=20))
    changed = text[:at] + other + text[at + data.draw(st.integers(0, 60)) :]
    try:
        log = read(changed, "flight")
    except UserError:
        return
    assert log.messages > 0
