"""Coverage of a flight on the simulator: that of its plan, in the report, and the signed list of its photos."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from controller.logs.formats.read import open_log
from controller.logs.photos.camera_events import camera_events_in, chosen_camera_events
from controller.logs.photos.jpeg import read_jpeg
from controller.logs.photos.position_tags import with_position
from tests.support.cli import landline, landline_here

# 45 m to the east, 40 m to the north.
SMALL = [[8.545, 47.397], [8.5456, 47.397], [8.5456, 47.39736], [8.545, 47.39736], [8.545, 47.397]]
LARGE = [[8.545, 47.397], [8.548, 47.397], [8.5495, 47.3985], [8.546, 47.3992], [8.545, 47.397]]


def _flown(folder: Path, corners: list[list[float]], autopilot: str, *words: str) -> Path:
    """Plan a survey, fly it, and return the flight's folder."""
    area, plan = folder / "area.geojson", folder / "area.plan"
    area.write_text(json.dumps({"type": "Polygon", "coordinates": [corners]}))
    job = ("--camera", "DJI Mavic 3E", "--home", "47.3968,8.5448,488", "--autopilot", autopilot)
    planned = landline_here("mission", "plan", "survey", area, *job, *words, "--out", plan, home=folder)
    assert planned.code == 0, planned.err
    flown = landline(
        *("fly", plan, "--sim", "quad_x", "--autopilot", autopilot, "--out", folder / "flights"), home=folder
    )
    assert flown.code == 0, flown.err
    return next(one for one in (folder / "flights").iterdir() if one.is_dir())


def _compared(flight: Path, home: Path) -> dict[str, dict[str, object]]:
    summary = landline_here("logs", "coverage", flight, "--json", home=home).summary
    for times, share in summary["planned"]["seen"].items():
        assert summary["flown"]["seen"][times] == pytest.approx(share, abs=2.0), times
    assert summary["flown"]["gsd_median_cm"] == pytest.approx(summary["planned"]["gsd_median_cm"], rel=0.02)
    return summary


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _flown(tmp_path_factory.mktemp("home"), SMALL, "ardupilot", "--height-m", "30")


def _home(flight: Path) -> Path:
    return flight.parents[1]


@pytest.fixture
def photos(flight: Path, tmp_path: Path) -> Path:
    """A folder with one photo for each camera event of the flight, with its place."""
    log = open_log(flight / "frames.tlog")
    view = log.series()
    _, events = chosen_camera_events(camera_events_in(log, view.shift_us), view)
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, event in enumerate(events):
        out = io.BytesIO()
        Image.new("RGB", (16, 12), (number % 256, 80, 120)).save(out, "JPEG")
        (folder / f"DJI_{number:04d}.JPG").write_bytes(with_position(read_jpeg(out.getvalue()), event)[0].raw)
    return folder


def test_the_flown_photos_show_what_was_planned(flight: Path) -> None:
    summary = _compared(flight, _home(flight))
    assert summary["source"] == "CAMERA_FEEDBACK"
    assert summary["camera"] == "DJI Mavic 3E"


def test_the_report_of_a_job_shows_its_coverage(flight: Path) -> None:
    page = (flight / "report.html").read_text()
    section = re.search(r"<section aria-label='Coverage'>.*?</section>", page, re.DOTALL)
    assert section is not None
    assert section[0].count("<svg") == 2
    assert "CAMERA_FEEDBACK" in section[0]


def test_without_terrain_the_ground_is_said_to_be_level_and_with_it_it_is_not(
    flight: Path, tmp_path: Path
) -> None:
    level = landline_here("logs", "coverage", flight, "--json", home=_home(flight)).summary
    assert "level at home" in " ".join(level["remarks"])
    # All but home lies 12 m lower.
    grid = tmp_path / "ground.asc"
    rows, columns = np.linspace(47.4, 47.395, 101)[:, None], np.linspace(8.543, 8.548, 101)[None, :]
    heights = np.where((np.abs(rows - 47.3968) < 6e-5) & (np.abs(columns - 8.5448) < 6e-5), 488, 476)
    head = "ncols 101\nnrows 101\nxllcenter 8.543\nyllcenter 47.395\ncellsize 0.00005\n"
    grid.write_text(head + "\n".join(" ".join(map(str, row)) for row in heights.tolist()) + "\n")
    words = ("logs", "coverage", flight, "--terrain", grid, "--terrain-datum", "EGM96", "--json")
    below = landline_here(*words, home=_home(flight)).summary
    assert below["remarks"] == []
    ratio = below["flown"]["gsd_median_cm"] / level["flown"]["gsd_median_cm"]
    assert ratio == pytest.approx(42.0 / 30.0, rel=0.05)


def test_a_folder_of_photos_with_places_gives_the_same_coverage(flight: Path, photos: Path) -> None:
    home = _home(flight)
    record = landline_here("logs", "coverage", flight, "--json", home=home).summary["flown"]
    found = landline_here("logs", "coverage", flight, "--photos", photos, "--json", home=home).summary[
        "flown"
    ]
    assert found["photos"] == record["photos"] == len(list(photos.iterdir()))
    assert found["seen"] == pytest.approx(record["seen"], abs=0.5)


def test_a_changed_photo_or_list_is_found(flight: Path, photos: Path, tmp_path: Path) -> None:
    home, own = _home(flight), tmp_path / flight.name
    shutil.copytree(flight, own)
    words = ("logs", "coverage", own, "--photos", photos, "--evidence")
    assert landline_here(*words, home=home).code == 0
    listed = json.loads((own / "photos.json").read_bytes())["photos"]
    assert len(listed) == len(list(photos.iterdir()))
    assert {"file", "sha256", "asset", "lat_deg", "lon_deg", "height_m"} <= listed[0].keys()
    checked = landline_here("logs", "verify", own, "--photos", photos, home=home)
    assert (checked.code, "of the flight's signed list" in checked.out) == (0, True)

    one = next(photos.iterdir())
    before = one.read_bytes()
    one.write_bytes(before[:-3] + b"\0\xff\xd9")
    refused = landline_here("logs", "verify", own, "--photos", photos, home=home)
    assert (refused.code, "the photo was changed" in refused.err) == (6, True)
    one.unlink()
    assert landline_here("logs", "verify", own, "--photos", photos, home=home).code == 6
    one.write_bytes(before)
    assert landline_here("logs", "verify", own, "--photos", photos, home=home).code == 0

    text = (own / "photos.json").read_bytes()
    (own / "photos.json").write_bytes(text.replace(b'"asset":""', b'"asset":"x"', 1))
    refused = landline_here("logs", "verify", own, home=home)
    assert (refused.code, "photos.json was changed" in refused.err) == (6, True)
    (own / "photos.json").unlink()
    assert landline_here("logs", "verify", own, home=home).code == 6


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("coverage", "FLIGHT", "--evidence"), 2, "no folder is given"),
        (("coverage", "FLIGHT", "--out", "a.gif"), 2, "unknown format"),
        (("coverage", "FLIGHT", "--photos", "EMPTY"), 2, "no JPEG photos"),
        (("verify", "FLIGHT", "--photos", "EMPTY"), 6, "the flight has no list of photos"),
        (("verify", "--all", "--photos", "EMPTY"), 2, "name one flight"),
    ],
)
def test_what_cannot_be_covered_or_compared_is_one_line(
    flight: Path, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    named = {"FLIGHT": str(flight), "EMPTY": str(tmp_path)}
    done = landline_here("logs", *(named.get(word, word) for word in words), home=_home(flight))
    assert (done.code, said in done.err) == (code, True)


def test_a_flight_without_a_job_of_photos_says_what_to_plan(flight: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(flight, other)
    plan = json.loads((other / "mission.plan").read_text())
    del plan["landlineCoverage"]
    (other / "mission.plan").write_text(json.dumps(plan))
    done = landline_here("logs", "coverage", other, home=_home(flight))
    assert (done.code, "landline mission plan --camera NAME" in done.err) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize("autopilot", ["ardupilot", "px4"])
def test_slanted_lines_over_a_slanted_field_cover_it_as_planned(autopilot: str, tmp_path: Path) -> None:
    words = ("--height-m", "60", "--angle-deg", "30")
    summary = _compared(_flown(tmp_path, LARGE, autopilot, *words), tmp_path)
    assert summary["source"] == ("CAMERA_FEEDBACK" if autopilot == "ardupilot" else "CAMERA_IMAGE_CAPTURED")
