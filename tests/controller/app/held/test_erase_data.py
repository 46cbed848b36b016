"""Erasing by flight, age and kind: what goes, what stays and why, at any moment of an interruption, and no links."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from controller.app.held.erase import erase, plan_flights, plan_kinds, plan_older, why_in_use
from controller.app.held.kinds import ERASABLE
from controller.errors import SafetyRefused, UserError
from controller.logs.flights import erase as flights_erase
from controller.logs.flights.catalogue import Catalogue
from controller.logs.record.ledger import read_ledger
from tests.support.held import NAME, NOW_S, Machine, machine_in
from tests.support.logs.logged_flights import START_US

DAY_S = 86_400


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return machine_in(tmp_path, monkeypatch)


def erased(machine: Machine, *kinds: str, days: float | None = None, now_utc_s: float = NOW_S) -> list[str]:
    """Erase kinds; return what went, as paths below the machine's folder."""
    before = set(machine.kinds())
    plan = plan_kinds(machine.places, kinds, now_utc_s=now_utc_s, days=days)
    assert erase(plan, machine.places, utc_us=START_US) == []
    return sorted(before - set(machine.kinds()))


def with_caches(folder: Path) -> Path:
    (folder / "columns" / "replay").mkdir(parents=True)
    (folder / "columns" / "replay" / "first.bin").write_bytes(b"track")
    (folder / "columns" / "tables.json").write_text("{}")
    (folder / "report.html").write_text("track")
    return folder


def test_a_flight_goes_whole_and_the_ledger_says_so(machine: Machine) -> None:
    folder, other = machine.recorded(), machine.flight()
    with Catalogue(machine.flights) as catalogue:
        catalogue.refresh()
    plan = plan_flights(machine.places, [folder.name], now_utc_s=NOW_S)
    assert plan.flights == [folder]
    assert erase(plan, machine.places, utc_us=START_US) == []
    assert not folder.exists()
    assert other.is_dir()
    with Catalogue(machine.flights) as catalogue:
        assert [row.flight for row in catalogue.find()] == [other.name]
    assert [entry.erased for entry in read_ledger(machine.home / "keys").of(folder.name)] == [True]


def test_a_flight_that_is_being_recorded_is_refused(machine: Machine) -> None:
    folder = machine.flight()
    (folder / "events.jsonl").write_text('{"kind": "start"}\n')
    now_s = folder.stat().st_mtime + 60
    with pytest.raises(SafetyRefused, match="being recorded"):
        plan_flights(machine.places, [NAME], now_utc_s=now_s)
    plan = plan_kinds(machine.places, ["reports", "caches"], now_utc_s=now_s)
    assert plan.is_empty
    (folder / "report.html").write_text("track")
    plan = plan_kinds(machine.places, ["reports"], now_utc_s=now_s)
    assert plan.is_empty
    assert plan.kept == [(folder / "report.html", "it is being recorded")]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not tell who has a file open")
def test_a_flight_whose_files_another_process_has_open_is_refused(machine: Machine) -> None:
    folder = machine.flight()
    script = "import sys; file = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder / "frames.tlog")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"open\n"
        assert why_in_use(folder, NOW_S) == f"process {holder.pid} has its files open"
        plan = plan_older(machine.places, days=1, now_utc_s=NOW_S)
        assert (plan.flights, [path for path, _ in plan.kept]) == ([], [folder])
        holder.stdin.close()
    assert why_in_use(folder, NOW_S) == ""


def test_flights_older_than_an_age_go_by_the_time_of_their_start(machine: Machine) -> None:
    old, new = machine.flight("20260510T000000Z-copter-1"), machine.flight("20260520T000000Z-copter-1")
    plan = plan_older(machine.places, days=10, now_utc_s=NOW_S)
    assert plan.flights == [old]
    erase(plan, machine.places, utc_us=START_US)
    assert (old.exists(), new.is_dir()) == (False, True)


def test_caches_and_reports_go_and_the_record_stays(machine: Machine) -> None:
    at = f"home/flights/{with_caches(machine.flight()).name}"
    assert erased(machine, "caches") == [f"{at}/columns/replay/first.bin", f"{at}/columns/tables.json"]
    assert erased(machine, "reports") == [f"{at}/report.html"]
    assert set(machine.kinds()) == {f"{at}/{name}" for name in ("frames.tlog", "events.jsonl", "params.json")}


def test_files_of_the_data_folder_go_with_their_empty_folders(machine: Machine) -> None:
    for name in ("metadata/a.json", "maps/b.pmtiles", "web/127.0.0.1.pem", "runs/r.json", "keys/box.key"):
        path = machine.home / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    assert erased(machine, "metadata", "maps") == ["home/maps/b.pmtiles", "home/metadata/a.json"]
    assert not (machine.home / "maps").exists()
    assert erased(machine, "certificates") == ["home/web/127.0.0.1.pem"]
    assert erased(machine, "link-keys") == ["home/keys/box.key"]
    assert machine.home.is_dir()


def test_with_an_age_only_what_did_not_change_since_goes(machine: Machine) -> None:
    path = machine.home / "metadata" / "a.json"
    path.parent.mkdir()
    path.write_text("x")
    now_s = path.stat().st_mtime + 10 * DAY_S
    assert erased(machine, "metadata", days=11, now_utc_s=now_s) == []
    assert erased(machine, "metadata", days=9, now_utc_s=now_s) == ["home/metadata/a.json"]


def test_temporary_files_of_the_last_hour_stay(machine: Machine) -> None:
    folder = machine.temporary / "landline-review-1"
    folder.mkdir()
    (folder / "frames.tlog").write_bytes(b"x")
    now_s = (folder / "frames.tlog").stat().st_mtime
    assert erased(machine, "temporary", now_utc_s=now_s + 60) == []
    assert erased(machine, "temporary", now_utc_s=now_s + 2 * 3600) == [
        "temporary/landline-review-1/frames.tlog"
    ]
    assert not folder.exists()


def test_a_link_to_a_flight_is_refused_and_what_it_leads_to_stays(tmp_path: Path, machine: Machine) -> None:
    outside = machine.flight()
    outside = outside.rename(tmp_path / "outside")
    link = machine.flights / NAME
    link.symlink_to(outside)
    with pytest.raises(UserError, match="its folder is a link"):
        plan_flights(machine.places, [NAME], now_utc_s=NOW_S)
    assert plan_older(machine.places, days=1, now_utc_s=NOW_S).flights == []
    assert (outside / "frames.tlog").is_file()


def test_links_inside_what_is_erased_are_removed_and_not_followed(tmp_path: Path, machine: Machine) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "letter").write_text("private")
    folder = with_caches(machine.flight())
    (folder / "columns" / "link").symlink_to(outside)
    (machine.home / "metadata").symlink_to(outside)
    erased(machine, "caches")
    plan = plan_kinds(machine.places, ["metadata"], now_utc_s=NOW_S)
    assert plan.is_empty  # the link itself has no kind: nothing of Landline's is behind it
    (folder / "autopilot").symlink_to(outside)
    erase(plan_flights(machine.places, [NAME], now_utc_s=NOW_S), machine.places, utc_us=START_US)
    assert not folder.exists()
    assert (outside / "letter").read_text() == "private"


def test_a_folder_that_became_a_link_after_the_plan_is_left(tmp_path: Path, machine: Machine) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.json").write_text("private")
    (machine.home / "metadata").mkdir()
    (machine.home / "metadata" / "a.json").write_text("x")
    plan = plan_kinds(machine.places, ["metadata"], now_utc_s=NOW_S)
    shutil.rmtree(machine.home / "metadata")
    (machine.home / "metadata").symlink_to(outside)
    failed = erase(plan, machine.places, utc_us=START_US)
    assert [reason for _, reason in failed] == ["a folder above it is a link to another place"]
    assert (outside / "a.json").read_text() == "private"


class Killed(BaseException):
    pass


@pytest.mark.parametrize("moment", range(20))
def test_an_erasing_killed_at_any_moment_is_finished_by_the_next(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    folder, other = with_caches(machine.recorded()), with_caches(machine.flight("20260518T000000Z-copter-1"))
    with Catalogue(machine.flights) as catalogue:
        catalogue.refresh()
    steps = 0

    def killing(real: Any) -> Any:
        def call(*args: Any, **more: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == moment + 1:
                raise Killed
            return real(*args, **more)

        return call

    plan = plan_flights(machine.places, [folder.name, other.name], now_utc_s=NOW_S)
    with monkeypatch.context() as patch:
        patch.setattr(flights_erase, "append_erased", killing(flights_erase.append_erased))
        patch.setattr(
            flights_erase.catalogue, "remove_flights", killing(flights_erase.catalogue.remove_flights)
        )
        patch.setattr(os, "unlink", killing(os.unlink))
        patch.setattr(os, "rmdir", killing(os.rmdir))
        patch.setattr(Path, "rename", killing(Path.rename))
        with pytest.raises(Killed):
            erase(plan, machine.places, utc_us=START_US)
    # Each flight is whole, or no longer a flight.
    for one in (folder, other):
        assert not one.exists() or (one / "columns" / "replay" / "first.bin").is_file()
    plan = plan_older(machine.places, days=0, now_utc_s=NOW_S)
    erase(plan, machine.places, utc_us=START_US)
    assert not [name for name in machine.kinds() if folder.name in name or other.name in name]
    with Catalogue(machine.flights) as catalogue:
        assert catalogue.find() == []
    assert [entry.erased for entry in read_ledger(machine.home / "keys").of(folder.name)] == [True]


def test_caches_killed_in_the_middle_are_never_taken_for_complete(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_caches(machine.flight())
    plan = plan_kinds(machine.places, ["caches"], now_utc_s=NOW_S)

    def killed(*args: object, **more: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("controller.app.held.erase.shutil.rmtree", killed)
        with pytest.raises(Killed):
            erase(plan, machine.places, utc_us=START_US)
    assert not (folder / "columns").exists()
    assert erased(machine, "caches") == [
        f"home/flights/{NAME}/columns.erasing1/replay/first.bin",
        f"home/flights/{NAME}/columns.erasing1/tables.json",
    ]


@pytest.mark.parametrize("kind", sorted({"telemetry", "events", "proofs", "plans", "truth"}))
def test_a_signed_part_of_a_record_is_not_erasable_alone(kind: str) -> None:
    assert kind not in ERASABLE
