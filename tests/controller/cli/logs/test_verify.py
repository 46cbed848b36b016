"""`landline logs verify`: signers, missing flights and exit codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pyrage import x25519

from controller.cli.main import main
from controller.logs.record.additions import sign_additions
from controller.logs.record.keys import KEY_FILE, PUBLIC_FILE, known_keys
from controller.logs.record.ledger import LEDGER_FILE
from controller.logs.record.recorder import FlightRecorder
from tests.support.logs.logged_flights import START_US
from tests.support.logs.recorded_flights import LINKS, attitude_frames

DAY_US = 86_400_000_000


class Clock:
    def __init__(self, utc_us: int) -> None:
        self._utc_us = utc_us

    def now(self) -> float:
        return 1.0

    def utc_us(self) -> int:
        return self._utc_us


class Laptop:
    """A data folder with flights, and the output of the last command."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.folder, self.flights, self.keys = folder, folder / "flights", folder / "keys"
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.out = self.err = ""

    def fly(self, day: int = 0, vehicle: str = "quad", *, close: bool = True) -> Path:
        recorder = FlightRecorder.start(
            self.flights,
            vehicle=vehicle,
            clock=Clock(START_US + day * DAY_US),
            keys=self.keys,
            durable=False,
        )
        recorder.frames(attitude_frames(3), LINKS, False)
        recorder.params({"A": 1.0})
        if close:
            recorder.close(outcome="completed")
        return recorder.folder

    def logs(self, *words: str | Path) -> int:
        self._monkeypatch.setenv("LANDLINE_HOME", str(self.folder))
        code = main(["logs", *map(str, words)])
        self.out, self.err = self._capsys.readouterr()
        return code

    @property
    def summary(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.out.splitlines()[-1])
        assert found["event"] == "summary"
        return found


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Laptop:
    return Laptop(tmp_path / "mine", monkeypatch, capsys)


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Laptop:
    return Laptop(tmp_path / "theirs", monkeypatch, capsys)


def cut_back(folder: Path) -> None:
    """Cut record and chain back to the first head, to hide the end of the flight."""
    lines = (folder / "chain.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "chain.jsonl").write_bytes(b"".join(lines[:2]))
    for path in folder.iterdir():
        if path.name != "chain.jsonl":
            path.write_bytes(b"")


def test_a_record_cut_back_is_found_after_its_folder_was_renamed(laptop: Laptop) -> None:
    folder = laptop.fly()
    renamed = folder.rename(folder.with_name("holiday"))
    assert laptop.logs("verify", renamed) == 0
    assert f"the folder holiday holds the record of {folder.name}" in laptop.err
    cut_back(renamed)
    assert laptop.logs("verify", renamed) == 6
    assert "the newest head that this machine signed for the flight is missing" in laptop.err


def test_an_unknown_key_ends_with_6_until_the_key_is_given(laptop: Laptop, other: Laptop) -> None:
    laptop.fly()
    theirs = other.fly(vehicle="theirs")
    (key,) = known_keys(other.keys)
    assert laptop.logs("verify", theirs) == 6
    assert f"signed by unknown key {key}" in laptop.err
    assert "unchanged" not in laptop.out
    assert laptop.logs("verify", theirs, "--json") == 6
    assert (laptop.summary["ok"], laptop.summary["key_known"]) == (False, False)
    assert laptop.logs("verify", theirs, "--key", key.upper()) == 0
    assert laptop.logs("verify", theirs, "--key", "0" * 64) == 6
    assert laptop.logs("verify", theirs, "--key", "mine") == 2
    assert other.logs("verify", theirs) == 0


def test_a_forged_record_with_a_flights_name_is_found(laptop: Laptop, other: Laptop) -> None:
    mine, forged = laptop.fly(), other.fly()
    assert mine.name == forged.name
    shutil.rmtree(mine)
    shutil.copytree(forged, mine)
    assert laptop.logs("verify", mine) == 6
    assert laptop.logs("verify", mine.rename(mine.with_name("x")), "--key", *known_keys(other.keys)) == 6
    assert "the newest head that this machine signed" in laptop.err


def test_another_machines_flight_of_the_same_name_verifies_but_replaces_none(
    laptop: Laptop, other: Laptop
) -> None:
    mine, theirs = laptop.fly(), other.fly()
    assert mine.name == theirs.name
    keys = [word for key in known_keys(laptop.keys) + known_keys(other.keys) for word in ("--key", key)]
    beside = mine.with_name("theirs")
    shutil.copytree(theirs, beside)
    assert [laptop.logs("verify", folder, *keys) for folder in (theirs, beside)] == [0, 0]
    assert laptop.logs("verify", "--all", *keys) == 0
    (beside / "params.json").unlink()
    assert laptop.logs("verify", beside, *keys) == 6
    laptop.fly(1)
    shutil.rmtree(mine)
    shutil.rmtree(beside)
    moved = laptop.flights.rename(laptop.folder / "moved")
    shutil.copytree(theirs, moved / "theirs")
    assert laptop.logs("verify", "--all", "--flights", moved, *keys) == 6
    assert f"1 missing: {mine.name}" in laptop.err


def test_two_flights_of_one_name_in_two_folders_both_verify(laptop: Laptop, tmp_path: Path) -> None:
    first = laptop.fly()
    laptop.flights = tmp_path / "elsewhere"
    second = laptop.fly()
    assert first.name == second.name
    assert [laptop.logs("verify", folder) for folder in (first, second)] == [0, 0]
    assert laptop.logs("verify", "--all") == 0


@pytest.mark.parametrize("name", ["frames.tlog", "events.jsonl", "frames.way", "params.json", "chain.jsonl"])
def test_a_file_removed_from_a_flight_is_named_and_ends_with_6(laptop: Laptop, name: str) -> None:
    folder = laptop.fly()
    (folder / name).unlink()
    for way in (folder, folder.name, "last"):
        assert laptop.logs("verify", way) == 6
        assert f"cannot read {name}: No such file" in laptop.err


def test_all_flights_unchanged_and_none_missing(laptop: Laptop) -> None:
    for day in range(3):
        laptop.fly(day)
    assert laptop.logs("verify", "--all") == 0
    assert laptop.out == "unchanged: 3 flights; none is missing\n"
    assert laptop.logs("verify") == 2
    assert laptop.logs("verify", "last", "--all") == 2


@pytest.mark.parametrize("day", [0, 1, 2])
def test_a_removed_flight_is_named(laptop: Laptop, day: int) -> None:
    folders = [laptop.fly(number) for number in range(3)]
    shutil.rmtree(folders[day])
    assert laptop.logs("verify", "--all") == 6
    assert f"1 missing: {folders[day].name}" in laptop.err
    assert laptop.logs("verify", "--all", "--json") == 6
    assert laptop.summary["missing"] == [folders[day].name]


def test_a_flight_lost_in_a_move_is_missing_and_one_not_copied_is_not(laptop: Laptop, tmp_path: Path) -> None:
    folders = [laptop.fly(number) for number in range(3)]
    copied = tmp_path / "stick"
    shutil.copytree(folders[2], copied / folders[2].name)
    assert laptop.logs("verify", "--all", "--flights", copied) == 0
    moved = laptop.flights.rename(tmp_path / "archive")
    assert laptop.logs("verify", "--all", "--flights", moved) == 0
    shutil.rmtree(moved / folders[1].name)
    assert laptop.logs("verify", "--all", "--flights", moved) == 6
    assert f"1 missing: {folders[1].name}" in laptop.err


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("copied", [False, True])
def test_an_empty_folder_or_another_flights_copy_does_not_replace_a_missing_one(
    laptop: Laptop, tmp_path: Path, copied: bool, moved: bool
) -> None:
    folders = [laptop.fly(number) for number in range(3)]
    shutil.rmtree(folders[1])
    if copied:
        shutil.copytree(folders[0], folders[1])
    else:
        folders[1].mkdir()
    place = laptop.flights
    if moved:  # verify another folder; the flights left behind count
        place = tmp_path / "stick"
        shutil.copytree(folders[2], place / folders[2].name)
    assert laptop.logs("verify", "--all", "--flights", place) == 6
    assert f"1 missing: {folders[1].name}" in laptop.err


def test_a_flight_removed_with_its_ledger_lines_leaves_a_gap_before_the_next(laptop: Laptop) -> None:
    folders = [laptop.fly(number) for number in range(3)]
    shutil.rmtree(folders[1])
    lines = (laptop.keys / LEDGER_FILE).read_text().splitlines(keepends=True)
    (laptop.keys / LEDGER_FILE).write_text("".join(line for line in lines if folders[1].name not in line))
    assert laptop.logs("verify", "--all") == 6
    assert f"without the flight before: {folders[2].name}" in laptop.err


def test_a_changed_flight_is_named_among_the_others(laptop: Laptop) -> None:
    folders = [laptop.fly(number) for number in range(3)]
    changed = folders[1] / "params.json"
    changed.write_bytes(changed.read_bytes().replace(b"1.0", b"9.0"))
    assert laptop.logs("verify", "--all") == 6
    assert f"1 changed: {folders[1].name}" in laptop.err
    assert f"{folders[1].name}: params.json was changed" in laptop.out


def test_an_erased_flight_is_distinguished_from_a_removed_one(laptop: Laptop) -> None:
    old, older = laptop.fly(1), laptop.fly(0)
    old.rename(old.with_name(old.name.replace("quad", "renamed")))
    newer = laptop.fly(40_000)
    assert laptop.logs("erase", "--keep-days", "1", "--yes") == 0
    assert not older.exists() and newer.is_dir()
    assert laptop.logs("verify", "--all") == 0
    assert "1 flight, 2 erased" in laptop.out
    # The ledger line is signed: without the key none can be written for a removed flight.
    shutil.rmtree(newer)
    ledger = laptop.keys / LEDGER_FILE
    line = ledger.read_text().splitlines()[-1]
    ledger.write_text(ledger.read_text() + line.replace(old.name, newer.name) + "\n")
    laptop.fly(40_001)
    assert laptop.logs("verify", "--all") == 6
    assert f"1 missing: {newer.name}" in laptop.err


def test_a_flight_enters_the_ledger_as_erased_only_when_it_is_deleted(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = laptop.fly(0), laptop.fly(1)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert laptop.logs("erase", "--keep-days", "1", "--yes") == 130
    assert not first.exists() and second.is_dir()
    shutil.rmtree(second)  # removed without landline logs erase
    laptop.fly(40_000)
    assert laptop.logs("verify", "--all") == 6
    assert f"1 missing: {second.name}" in laptop.err


def test_an_encrypted_flight_is_not_reported_missing(laptop: Laptop) -> None:
    encrypted, _ = laptop.fly(0), laptop.fly(1)
    assert laptop.logs("encrypt", encrypted.name, "--to", str(x25519.Identity.generate().to_public())) == 0
    assert laptop.logs("verify", "--all") == 0
    assert f"{encrypted.name}: encrypted, not verified" in laptop.out
    assert "1 flight, 1 encrypted; none is missing" in laptop.out


def test_nothing_is_erased_if_the_ledger_line_cannot_be_signed(laptop: Laptop) -> None:
    folder = laptop.fly()
    (laptop.keys / KEY_FILE).write_text("locked")
    laptop.fly(40_000)
    assert laptop.logs("erase", "--keep-days", "1", "--yes") == 2
    assert "cannot open the signing key" in laptop.err
    assert folder.is_dir()


def test_the_public_key_is_printed_and_a_replaced_key_is_still_known(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert laptop.logs("key") == 2
    assert "no signing key yet" in laptop.err
    first = laptop.fly(0)
    assert laptop.logs("key") == 0
    (old,) = laptop.out.split()
    (laptop.keys / KEY_FILE).rename(laptop.keys / "put-away.pem")
    monkeypatch.setenv("LANDLINE_KEY_PASSPHRASE", "secret")
    second = laptop.fly(1)
    monkeypatch.delenv("LANDLINE_KEY_PASSPHRASE")
    assert laptop.logs("key") == 0
    assert laptop.out.split()[0] == old != laptop.out.split()[1]
    assert [laptop.logs("verify", folder) for folder in (first, second)] == [0, 0]
    (laptop.keys / PUBLIC_FILE).unlink()
    assert laptop.logs("key") == 2
    assert "set LANDLINE_KEY_PASSPHRASE once" in laptop.err
    monkeypatch.setenv("LANDLINE_KEY_PASSPHRASE", "secret")
    assert laptop.logs("verify", second) == 0


def test_a_slice_is_made_of_a_verified_flight_only(laptop: Laptop, other: Laptop, tmp_path: Path) -> None:
    folder, target = laptop.fly(), tmp_path / "part.slice"
    export = ("export", folder, "--proof", "--out", target)
    assert laptop.logs(*export, "--from", "2026-05-18", "--to", "2026-05-17") == 2
    assert "invalid time span" in laptop.err
    assert laptop.logs(*export, "--files") == 0
    assert laptop.logs(*export) == 2
    assert "the file exists" in laptop.err
    assert laptop.logs("verify", target, "--out", tmp_path / "part") == 0
    assert f"of {folder.name}, 3 frames, recorded from 2026-" in laptop.out
    for name in ("frames.tlog", "frames.way", "params.json", "events.jsonl"):
        assert (tmp_path / "part" / name).read_bytes() == (folder / name).read_bytes()
    assert laptop.logs("verify", target, "--out", tmp_path / "part") == 2
    assert other.logs("verify", target) == 6
    assert other.logs("verify", target, "--key", *known_keys(laptop.keys)) == 0
    target.write_bytes(target.read_bytes()[:-1])
    assert laptop.logs("verify", target) == 6
    assert "it is cut off" in laptop.err
    changed = folder / "params.json"
    changed.write_bytes(changed.read_bytes().replace(b"1.0", b"9.0"))
    assert laptop.logs("export", folder, "--proof", "--out", tmp_path / "new.slice") == 6
    assert not (tmp_path / "new.slice").exists()


@pytest.fixture
def flown(laptop: Laptop) -> Path:
    """A flight with a signed report and ground truth."""
    folder = laptop.fly()
    (folder / "truth.csv").write_text("utc_us\n1\n", encoding="ascii")
    assert sign_additions(folder, ["truth.csv", "none.csv"], keys=laptop.keys)
    assert laptop.logs("report", folder) == 0
    return folder


def test_what_people_look_at_is_signed_when_it_is_written(laptop: Laptop, flown: Path) -> None:
    assert laptop.logs("verify", flown) == 0
    assert "not proved" not in laptop.out
    assert laptop.logs("verify", flown, "--json") == 0
    files = {one["file"]: one["proof"] for one in laptop.summary["files"]}  # type: ignore[attr-defined]
    assert (files["report.html"], files["truth.csv"], files["frames.tlog"]) == (
        "addition",
        "addition",
        "chain",
    )
    assert laptop.logs("report", flown) == 0  # made again: signed again
    assert laptop.logs("verify", "--all") == 0
    assert laptop.out == "unchanged: 1 flight; none is missing\n"


@pytest.mark.parametrize("name", ["report.html", "truth.csv"])
def test_a_changed_report_or_ground_truth_ends_with_6(laptop: Laptop, flown: Path, name: str) -> None:
    with (flown / name).open("ab") as file:
        file.write(b"\n")
    for arguments in ((flown,), ("--all",)):
        assert laptop.logs("verify", *arguments) == 6
        assert f"{name} was changed after it was signed" in laptop.err + laptop.out
    assert "unchanged" not in laptop.out


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda raw: raw.replace(b'"length":', b'"length":1'), "the signature of truth.csv"),
        (lambda raw: raw.replace(b"addition", b"Addition"), "the signature of truth.csv"),
        (lambda raw: b"{" + raw, "a line that is not canonical JSON"),
    ],
)
def test_a_changed_list_of_signed_files_ends_with_6(
    laptop: Laptop, flown: Path, change: Callable[[bytes], bytes], why: str
) -> None:
    path = flown / "additions.jsonl"
    path.write_bytes(change(path.read_bytes()))
    assert laptop.logs("verify", flown) == 6
    assert why in laptop.err


def test_each_file_that_nothing_proves_is_named_with_its_reason(laptop: Laptop, flown: Path) -> None:
    (flown / "notes.txt").write_text("x")
    (flown / "columns").mkdir()
    (flown / "additions.jsonl").unlink()  # as in a flight of an older version
    for arguments in ((flown,), (flown,), ("--all",)):
        assert laptop.logs("verify", *arguments) == 0
        for line in (
            "notes.txt is not proved: it is no part of the record",
            "columns is not proved: a copy of the record for landline logs sql",
            "report.html is not proved: it was made without the signing key, or by an older version",
            "truth.csv is not proved: ",
        ):
            assert line in laptop.out
    assert laptop.logs("verify", "--all", "--json") == 0
    flight = json.loads(laptop.out.splitlines()[0])
    assert [one["file"] for one in flight["unproved"]] == ["columns", "notes.txt", "report.html", "truth.csv"]


def test_a_signed_file_that_is_gone_is_named(laptop: Laptop, flown: Path) -> None:
    (flown / "report.html").unlink()
    assert laptop.logs("verify", flown) == 0
    assert "report.html is missing: it was signed, and is gone" in laptop.out
    (flown / "truth.csv").unlink()
    assert laptop.logs("verify", flown) == 6
    assert "cannot read truth.csv: it was signed, and is gone" in laptop.err


def test_a_report_signed_by_another_key_is_not_proved(laptop: Laptop, other: Laptop, flown: Path) -> None:
    other.fly()
    assert other.logs("report", flown) == 0
    assert laptop.logs("verify", flown) == 0
    (theirs,) = known_keys(other.keys)
    assert f"report.html is not proved: it is signed by unknown key {theirs}" in laptop.out
    keys = [word for key in (*known_keys(laptop.keys), theirs) for word in ("--key", key)]
    assert laptop.logs("verify", flown, *keys) == 0
    assert "not proved" not in laptop.out


def test_a_report_made_without_a_key_makes_none(laptop: Laptop, other: Laptop) -> None:
    folder = laptop.fly()
    assert other.logs("report", folder) == 0
    assert not other.keys.exists()
    assert laptop.logs("verify", folder) == 0
    assert "report.html is not proved: it was made without the signing key" in laptop.out
