"""`logs import`: each file unchanged in a flight of its own, once; broken files and killed processes cost nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from controller.errors import UserError
from controller.logs.flights import imports, store
from controller.logs.flights.catalogue import Catalogue, read_catalogue_row
from controller.logs.flights.imports import FileImport, import_files
from controller.logs.formats.read import open_log
from controller.logs.record.ledger import Ledger
from controller.logs.verification.folder import verify_folder
from tests.support.cli import landline_here
from tests.support.logs import history_files as files


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder of an old account."""
    folder = tmp_path / "old"
    (folder / "2024").mkdir(parents=True)
    (folder / "2024/a.csv").write_text(files.airdata())
    (folder / "DJIFlightRecord_2024-03-15.txt").write_bytes(files.dji_txt())
    (folder / "DJI_0001.SRT").write_text(files.srt("new"))
    (folder / "film.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello.\n")
    (folder / "notes.txt").write_text("notes\n")
    return folder


def taken(sources: list[Path], flights: Path, **options: Any) -> list[FileImport]:
    return list(import_files(sources, flights, **options))


def test_each_file_becomes_a_flight_with_its_bytes_and_its_hash(old: Path, tmp_path: Path) -> None:
    flights = tmp_path / "flights"
    done = taken([old], flights)
    assert sorted(one.state for one in done) == ["imported"] * 3 + ["left"] * 2
    for one in done:
        if one.state == "imported":
            folder = flights / one.flight
            copy = store.flight_log(folder)
            assert copy.read_bytes() == one.path.read_bytes()
            assert store.read_import(folder)["name"] == one.path.name
            assert store.read_import(folder)["sha256"] == hashlib.sha256(one.path.read_bytes()).hexdigest()
    assert sorted(path.name for path in flights.iterdir()) == [
        "20240315T085824Z-Mavic-Pro",
        "20240315T085824Z-airdata",
        "20240315T085824Z-dji-srt",
    ]


def test_a_second_import_skips_what_is_there_whatever_its_name(old: Path, tmp_path: Path) -> None:
    flights = tmp_path / "flights"
    taken([old], flights)
    (old / "2024/a.csv").rename(old / "renamed.csv")
    again = taken([old], flights)
    assert sorted(one.state for one in again) == ["known"] * 3 + ["left"] * 2
    assert len(list(flights.iterdir())) == 3


def test_the_catalogue_has_track_battery_warnings_and_source(old: Path, tmp_path: Path) -> None:
    flights = tmp_path / "flights"
    taken([old], flights)
    with Catalogue(flights) as catalogue:
        assert catalogue.refresh() == 3
        (row,) = catalogue.find(f"serial = '{files.SERIAL}'")
    assert row.source == "DJIFlightRecord_2024-03-15.txt (the DJI flight record)"
    assert (row.aircraft, row.firmware, row.outcome) == ("Mavic-Pro", "1.4.244.0", "imported")
    assert (row.flown_utc, row.duration_s, row.aircraft_warnings) == ("2024-03-15T08:58:24Z", 19.0, 1)
    assert row.max_alt_m == 38.0
    # One degree of latitude is 111.2 km here; the first row is not armed yet.
    assert row.distance_m == pytest.approx(19e-5 * 111_200, rel=0.06)


def test_the_told_offset_moves_the_times_of_files_without_a_zone(old: Path, tmp_path: Path) -> None:
    flights = tmp_path / "flights"
    done = {one.path.name: one for one in taken([old], flights, utc_offset_s=7200)}
    assert done["DJI_0001.SRT"].flight == "20240315T065824Z-dji-srt"
    assert done["a.csv"].flight == "20240315T085824Z-airdata"
    log = open_log(store.flight_log(flights / done["DJI_0001.SRT"].flight))
    assert (
        log.series().channels["position"].times_us[0] == files.BEGIN_UTC_MS * 1000 + 250_000 - 7_200_000_000
    )
    assert any("+2 h from UTC" in line for line in log.problems)


def test_two_imports_at_once_leave_one_flight_of_each_file(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flights = tmp_path / "flights"
    taken([old], flights)
    # The other process looked at the folder before the first flight was in it.
    monkeypatch.setattr(imports, "known_hashes", lambda _: {})
    taken([old], flights)
    assert len(list(flights.iterdir())) == 3


def test_a_broken_file_is_reported_and_the_rest_goes_on(old: Path, tmp_path: Path) -> None:
    (old / "2024/b.csv").write_text(files.airdata().replace("2024", "never"))
    (old / "2024/de.csv").write_text("Zeit,Breite,Laenge,Hoehe\n1,2,3,4\n")
    done = taken([old], tmp_path / "flights")
    failed = {one.path.name: one.why for one in done if one.state == "failed"}
    assert set(failed) == {"b.csv", "de.csv"}
    # The place is the user's file, not a copy of it.
    assert failed["b.csv"].startswith(str(old / "2024/b.csv"))
    assert "'Zeit'" in failed["de.csv"]
    assert sum(one.state == "imported" for one in done) == 3
    assert not list((tmp_path / "flights").glob(".*"))


def test_a_kill_in_the_middle_leaves_no_half_flight(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    flights = tmp_path / "flights"
    with monkeypatch.context() as patched, pytest.raises(Killed):
        # As with SIGKILL nothing is cleaned up either.
        patched.setattr(imports, "_placed", killed)
        patched.setattr(imports.shutil, "rmtree", lambda *_, **__: None)
        taken([old], flights)
    (half,) = flights.iterdir()
    assert store.list_flights(flights) == []
    assert sum(one.state == "imported" for one in taken([old], flights)) == 3
    assert half.is_dir()
    with monkeypatch.context() as patched:
        patched.setattr(imports, "_ABANDONED_S", -1)
        taken([old], flights)
    assert not half.exists()


def test_a_changed_file_is_found_by_its_hash_and_nothing_is_missing(old: Path, tmp_path: Path) -> None:
    flights = tmp_path / "flights"
    taken([old], flights)
    found = verify_folder(flights, Ledger({}), own=set())
    assert (len(found.imported), found.flights, found.missing) == (3, {}, ())
    copy = store.flight_log(flights / "20240315T085824Z-airdata")
    copy.write_text(files.airdata().replace("15.5", "15.6"))
    ran = landline_here("logs", "verify", "20240315T085824Z-airdata", home=tmp_path)
    assert ran.code == 6
    assert "has changed" in ran.err


def test_a_table_called_as_a_file_of_flights_is_none_of_them(tmp_path: Path) -> None:
    source = tmp_path / store.TRUTH
    source.write_text(files.airdata())
    (done,) = taken([source], tmp_path / "flights")
    folder = tmp_path / "flights" / done.flight
    assert sorted(path.name for path in folder.iterdir()) == ["import.csv", store.IMPORT]
    assert read_catalogue_row(folder).max_alt_m == pytest.approx(38.0, abs=1e-3)


def test_an_import_file_that_leads_out_of_its_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / store.IMPORT).write_text(json.dumps({"file": "../../etc/passwd"}))
    assert store.read_import(tmp_path) == {}
    assert store.flight_log(tmp_path) == tmp_path / store.FRAMES


def test_a_source_that_does_not_exist_is_refused_before_the_first_file(old: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        taken([old, tmp_path / "nowhere"], tmp_path / "flights")
    assert not (tmp_path / "flights").exists()


def test_every_command_of_logs_takes_an_imported_flight(old: Path, tmp_path: Path) -> None:
    ran = landline_here("logs", "import", old, "--json", home=tmp_path)
    assert (ran.code, ran.summary["imported"], ran.summary["left"]) == (0, 3, 2)
    shown = landline_here("logs", "show", "20240315T085824Z-Mavic", "--json", home=tmp_path).summary
    assert (shown["model"], shown["photos"], shown["imported"]["format"]) == ("Mavic Pro", 1, "dji-txt")
    found = landline_here(
        "logs", "sql", "SELECT max(height_m) AS h FROM dji_telemetry", "--json", home=tmp_path
    )
    assert '"h": 38.0' in found.out
    bad = old / "bad.csv"
    bad.write_text("Zeit,Breite,Laenge,Hoehe\n1,2,3,4\n")
    ran = landline_here("logs", "import", bad, home=tmp_path)
    assert ran.code == 2
    ran = landline_here("logs", "anonymize", old / "2024/a.csv", "--out", tmp_path / "public", home=tmp_path)
    assert ran.code == 2
    assert "does not rewrite" in ran.err
