"""Write the gallery of planned jobs with their coverage: `python -m docs.gallery`.

Each picture is made by the command that stands above it, over hills that this file makes up.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = FOLDER / "planning-gallery.md"
PICTURES = FOLDER / "img" / "planning"
LAT, LON = 47.40, 8.54
CAMERA = ("--camera", "DJI Mavic 3E")
HOME = ("--home", f"{LAT},{LON},500")
HILLS = ("--terrain", "hills.asc", "--terrain-datum", "EGM96")
TEXT = """# Gallery of planned jobs

Made by `python -m docs.gallery`. The hills are made up: 60 m from valley to top, cells of 10 m. Each picture is what
`--coverage FILE.png` draws. Left: how many photos show each place; red is none, orange fewer than `--seen` asks for.
Right: the size of a pixel in the best photo of each place. Objects have one area for each face that is to be shown;
one that is much higher than wide lies on its side.
"""


@dataclass(frozen=True, slots=True)
class Job:
    """One picture: the words of its command after `landline mission plan`, and what there is to see."""

    name: str
    words: tuple[str, ...]
    text: str


JOBS = (
    Job(
        "survey",
        ("survey", "field.geojson", *CAMERA, "--height-m", "70", "--angle-deg", "30", *HOME, *HILLS),
        "A field that is not convex, lines at 30 degrees. The flight follows the ground, so that the pixels stay "
        "nearly of one size.",
    ),
    Job(
        "survey-level",
        ("survey", "field.geojson", *CAMERA, "--height-m", "110", "--angle-deg", "30", *HOME, *HILLS,
         "--above", "home"),
        "The same field at one height above home: tops are seen less often and in more detail than valleys.",
    ),
    Job(
        "survey-cross",
        ("survey", "field.geojson", *CAMERA, "--gsd-cm", "3", "--crosshatch", "--front-overlap", "60",
         "--side-overlap", "40", *HOME, *HILLS),
        "Two grids at 90 degrees, for a pixel of 3 cm.",
    ),
    Job(
        "survey-gaps",
        ("survey", "field.geojson", *CAMERA, "--height-m", "60", "--spacing-m", "70", "--trigger-m", "35",
         "--no-margin", "--seen", "3", *HOME),
        "Lines too far apart: the gaps have their place and size in the summary.",
    ),
    Job(
        "corridor",
        ("corridor", "line.geojson", *CAMERA, "--width-m", "120", "--height-m", "60", *HOME, *HILLS),
        "A corridor of 120 m along a line with bends.",
    ),
    Job(
        "search",
        ("search", "--kind", "square", "--datum", "47.401,8.542", "--radius-m", "120", *CAMERA,
         "--height-m", "60", *HOME, *HILLS),
        "An expanding square round the place where a person was seen last.",
    ),
    Job(
        "strip",
        ("strip", "towers.csv", *CAMERA, "--stand-off-m", "15", "--tower-m", "35", *HOME),
        "A power line: towers and spans from both sides. The coverage is that of the ground behind the line.",
    ),
    Job(
        "structure",
        ("structure", "house.geojson", *CAMERA, "--top-m", "24", "--stand-off-m", "14", *HOME),
        "Layers round a building.",
    ),
    Job(
        "facade",
        ("facade", "wall.geojson", *CAMERA, "--top-m", "25", "--stand-off-m", "10", *HOME),
        "One wall, the camera square to it.",
    ),
    Job(
        "orbit",
        ("orbit", f"{LAT},{LON + 0.001:.3f}", *CAMERA, "--radius-m", "40", "--heights-m", "30,50",
         "--photos", "24", *HOME),
        "Two circles round a place. A job without an area has the coverage of the ground that its photos show.",
    ),
    Job(
        "turbine",
        ("turbine", f"{LAT},{LON + 0.001:.3f}", *CAMERA, "--hub-m", "80", "--blade-m", "40", "--yaw-deg", "200",
         "--rotor-deg", "15", *HOME),
        "A wind turbine: tower, nacelle, both edges and both faces of each blade.",
    ),
    Job(
        "bridge",
        ("bridge", "bridge.geojson", *CAMERA, "--width-m", "12", "--under-m", "25", "--top-m", "30",
         "--stand-off-m", "8", *HOME),
        "A bridge: its sides and its underside, with a gimbal that looks up.",
    ),
)  # fmt: skip


def place(east_m: float, north_m: float) -> list[float]:
    """Return longitude and latitude, degrees, of metres east and north of home."""
    return [
        round(LON + east_m / (111_320.0 * math.cos(math.radians(LAT))), 7),
        round(LAT + north_m / 111_200.0, 7),
    ]


def write_inputs(folder: Path) -> None:
    """Write the areas, lines and hills of the jobs."""
    field = [(40, 20), (420, -30), (520, 180), (330, 240), (300, 380), (60, 330), (40, 20)]
    _geometry(folder / "field.geojson", "Polygon", [[place(*one) for one in field]])
    line = [(30, 0), (200, 60), (330, 220), (520, 240)]
    _geometry(folder / "line.geojson", "LineString", [place(*one) for one in line])
    house = [(60, 40), (96, 46), (93, 62), (78, 60), (76, 72), (56, 68), (60, 40)]
    _geometry(folder / "house.geojson", "Polygon", [[place(*one) for one in house]])
    _geometry(folder / "wall.geojson", "LineString", [place(60, 40), place(110, 52)])
    _geometry(folder / "bridge.geojson", "LineString", [place(40, 30), place(140, 60)])
    towers = [(60, 30), (240, 60), (420, 150), (590, 300)]
    rows = [
        f"tower {number},{place(*one)[1]},{place(*one)[0]}" for number, one in enumerate(towers, start=14)
    ]
    (folder / "towers.csv").write_text("name,latitude,longitude\n" + "\n".join(rows) + "\n")
    _hills(folder / "hills.asc")


def _geometry(path: Path, kind: str, coordinates: object) -> None:
    path.write_text(json.dumps({"type": kind, "coordinates": coordinates}))


def _hills(path: Path) -> None:
    """Write an ASCII grid of hills: 1.6 km wide, about home."""
    count, cell = 160, 10.0 / 111_200.0
    west, south = LON - 0.006, LAT - 0.007
    rows = []
    for row in range(count):
        north_m = (south + (count - row - 0.5) * cell - LAT) * 111_200.0
        heights = []
        for column in range(count):
            east_m = (west + (column + 0.5) * cell - LON) * 111_320.0 * math.cos(math.radians(LAT))
            hills = math.sin(east_m / 90.0) * math.cos(north_m / 110.0) + 0.5 * math.sin(
                (east_m + north_m) / 60.0
            )
            heights.append(f"{500.0 + 20.0 * hills:.1f}")
        rows.append(" ".join(heights))
    head = f"ncols {count}\nnrows {count}\nxllcorner {west}\nyllcorner {south}\ncellsize {cell}\n"
    path.write_text(head + "\n".join(rows) + "\n")


def planned(job: Job, picture: Path) -> list[str]:
    """Draw the coverage of a job, with the folder of its files as the current one, and return its figures.

    Raises RuntimeError for a job that cannot be planned.
    """
    from controller.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["mission", "plan", *job.words, "--coverage", str(picture), "--out", "job.plan"])
    if code:
        raise RuntimeError(f"{job.name}: {err.getvalue()}")
    return out.getvalue().splitlines()


def _command(line: str) -> str:
    """Return a command as a block of the page; a long one goes on in the next line."""
    return " \\\n".join(
        textwrap.wrap(line, 100, initial_indent="    ", subsequent_indent=" " * 8, break_on_hyphens=False)
    )


def main() -> None:
    """Write pictures and page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    parts = [TEXT]
    with tempfile.TemporaryDirectory() as temporary, contextlib.chdir(temporary):
        write_inputs(Path())
        for job in JOBS:
            figures = planned(job, PICTURES / f"{job.name}.png")
            words = " ".join(f"'{word}'" if " " in word else word for word in job.words)
            parts += [
                f"## {job.name.replace('-', ', ').capitalize()}\n",
                f"{textwrap.fill(job.text, 118)}\n",
                f"{_command(f'landline mission plan {words} --coverage {job.name}.png')}\n",
                *(f"    {line}" for line in figures),
                f"\n![Coverage of {job.name}](img/planning/{job.name}.png)\n",
            ]
    PAGE.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
