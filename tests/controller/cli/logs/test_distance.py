"""The distance of one flight: the same figure in the console, JSON, report, catalogue and `logs show`."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from pyproj import Geod

from controller.logs.flights.catalogue import read_catalogue_row
from tests.support.cli import landline, landline_here


def true_length_m(truth: Path) -> float:
    """Length of the way of the simulated aircraft, metres."""
    with truth.open(encoding="ascii") as file:
        rows = [(float(row["lat_deg"]), float(row["lon_deg"])) for row in csv.DictReader(file)]
    return float(Geod(ellps="WGS84").line_length([lon for _, lon in rows], [lat for lat, _ in rows]))


def test_a_jam_of_the_gps_has_one_distance_everywhere_and_the_true_one(tmp_path: Path) -> None:
    flown = landline(
        *("fly", "examples/inspection.plan", "--sim", "quad_x", "--speed", "max", "--json"),
        *("--fault", "gps jam 66 12", "--out", str(tmp_path / "out")),
        home=tmp_path,
    )
    folder = next((tmp_path / "out").iterdir())
    distance_m = flown.summary["distance_m"]
    # 16 s of landing without a position are flown straight through.
    assert distance_m == pytest.approx(true_length_m(folder / "truth.csv"), rel=0.04)
    assert flown.summary["max_alt_m"] == pytest.approx(35.0, abs=1.0)
    shown = re.search(r"<dt>distance flown</dt><dd>(\d+) m", (folder / "report.html").read_text("utf-8"))
    assert shown is not None
    assert int(shown[1]) == round(distance_m)
    listed = landline_here("logs", "ls", "--flights", str(tmp_path / "out"), "--json", home=tmp_path).events
    assert listed[0]["distance_m"] == pytest.approx(distance_m, abs=0.11)
    assert (
        landline_here("logs", "show", folder, "--json", home=tmp_path).summary["distance_m"]
        == (listed[0]["distance_m"])
    )
    assert f"distance flown {shown[1]} m" in landline_here("logs", "show", folder, home=tmp_path).out


REAL = Path(__file__).parents[3] / "data" / "real"
RECORDINGS = (
    *(
        f"ardupilot/{name}"
        for name in ("plane_ap1", "quad_x_qgc_sample", "quad_x_spline", "quadplane", "rover")
    ),
    *(f"px4/{name}" for name in ("quad_x_square", "quadplane", "rover")),
)


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_track_of_a_real_autopilot_is_as_long_as_the_true_one(shared_data: Path, name: str) -> None:
    folder = shared_data / "real" / "on_landline_physics" / name
    # The telemetry of some ends, or is armed, two seconds later than the physics.
    assert read_catalogue_row(folder).distance_m == pytest.approx(
        true_length_m(folder / "truth.csv"), rel=0.01
    )


@pytest.mark.parametrize("name", ["ardupilot_quadplane", "ardupilot_plane_ap1", "px4_quad_x_square"])
def test_the_track_of_an_excerpt_is_as_long_as_the_true_one(name: str) -> None:
    folder = REAL / "tracks" / name
    assert read_catalogue_row(folder).distance_m == pytest.approx(
        true_length_m(folder / "truth.csv"), rel=0.01
    )
