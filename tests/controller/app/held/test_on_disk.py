"""Every file that a web session or a simulated flight leaves on an empty machine belongs to one kind of the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.app.bug_report import write_bug_report
from controller.app.held.kinds import OTHER
from controller.logs.flights.catalogue import FILE
from controller.vehicle.metadata.files import keep
from controller.web.maps.routes import MapPlaces, map_routes
from controller.web.tls import certificate_for
from tests.support.cli import landline
from tests.support.held import Machine, machine_in
from tests.support.logs.logged_flights import START_US
from tests.support.logs.recorded_tlogs import write_circle
from tests.support.map_files import colour_tile, write_mbtiles
from tests.support.plans import short_plan
from tests.support.web import web_of_routes, web_station

FLOWN = "20260517T093012Z-copter"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = machine_in(tmp_path, monkeypatch)
    monkeypatch.delenv("LANDLINE_CACHE")  # kernels that are compiled already
    return made


def kinds_on_disk(machine: Machine) -> set[str]:
    """Return the kinds of all files below the machine's folders; fails for a file without one, or listed twice."""
    there = [
        path
        for folder in (machine.home, machine.temporary)
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    ]
    listed = [file.path for file in machine.files()]
    assert len(listed) == len(set(listed))
    assert [str(path) for path in there if path not in set(listed)] == []
    assert [str(file.path) for file in machine.files() if file.kind is OTHER] == []
    return set(machine.kinds().values())


async def test_a_session_of_the_page_leaves_only_files_of_known_kinds(
    machine: Machine, tmp_path: Path
) -> None:
    write_circle(machine.flights / FLOWN / "frames.tlog", seconds=60)
    async with web_station(machine.flights / "20260518T080000Z-running") as web:
        await web.get("/api/flights?refresh=1")
        for call in ("replay", "review", "plot.csv?series=altitude.home_m", "export/gpx"):
            await web.get(f"/api/flights/{FLOWN}/{call}")
        await web.post(f"/api/flights/{FLOWN}/verify", {})
        log = (machine.flights / FLOWN / "frames.tlog").read_bytes()
        assert (await web.post("/api/flights/files?name=other.tlog", log)).status == 200
        assert kinds_on_disk(machine) >= {"temporary", "caches", "catalogue", "telemetry", "events"}

    pages = web_of_routes(map_routes(MapPlaces(home=machine.home)))
    town = write_mbtiles(tmp_path / "town.mbtiles", {(1, 0, 0): colour_tile(255, 0, 0)}).read_bytes()
    assert (await pages.post("/api/maps?name=town.mbtiles", town)).status == 200
    certificate_for("192.0.2.1", machine.home, now_utc_us=START_US)
    keep(machine.home / "metadata" / "parameters-1.json", b"{}")
    write_bug_report(ValueError("x"), "a test")
    after = kinds_on_disk(machine)
    assert after >= {"maps", "certificates", "metadata", "bug-reports", "telemetry", "events", "catalogue"}
    assert "temporary" not in after


def test_a_simulated_flight_leaves_only_files_of_known_kinds(machine: Machine, tmp_path: Path) -> None:
    plan = short_plan(tmp_path)
    flown = landline("fly", plan, "--sim", "quad_x", "--speed", "max", "--json", home=machine.home)
    assert flown.code == 0, flown.err
    folder = Path(flown.summary["flight"])
    assert folder.parent == machine.flights
    for more in (
        ("logs", "ls"),
        ("logs", "sql", "SELECT count(*) FROM ATTITUDE"),
        ("logs", "verify", "last"),
    ):
        ran = landline(*more, home=machine.home)
        assert ran.code == 0, ran.err
    found = kinds_on_disk(machine)
    assert found >= {"telemetry", "events", "proofs", "plans", "parameters", "reports", "truth", "catalogue"}
    assert found >= {"caches", "signing-key", "record-ledger"}
    assert (machine.flights / FILE).is_file()
    # And erased, no file of Landline's tells where it was.
    done = landline("audit", "erase", "--flight", folder.name, "--yes", "--json", home=machine.home)
    assert done.code == 0, done.err
    assert done.summary["proved"] is True
    assert kinds_on_disk(machine) <= {"catalogue", "signing-key", "record-ledger", "accounts", "temporary"}
