"""Terrain following of a survey of 50 km2 with 20,000 photos over an SRTM tile of 3601 x 3601, in a process of its own.

python -m benchmarks.jobs.terrain
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.measure import machine

_SIDE = 3601
_CORNERS = ((47.5, 8.5), (47.5, 8.594), (47.564, 8.594), (47.564, 8.5))
_CHILD = """
import resource, sys, time
from dataclasses import replace
from pathlib import Path
from controller.app.planning.over_ground import TerrainSettings, over_ground
from controller.missions.patterns.passes import PassOptions
from controller.missions.patterns.survey import survey
from controller.missions.plan import Home
from controller.missions.route.pace import Pace
from controller.missions.route.photos import count_photos
from controller.missions.route.route import HeightAbove
from controller.missions.route.terrain import return_height_m
from controller.terrain.ground import Ground

route = survey({corners}, PassOptions(height_m=80.0, spacing_m=50.0, trigger_m=50.0))
route = replace(route, above=HeightAbove.GROUND)
import shapely
begin = time.perf_counter()
ground = Ground([Path(sys.argv[1])])
flown, terrain = over_ground(route, TerrainSettings(ground=ground), Home(47.51, 8.49, 0.0, alt_known=False), Pace())
return_height_m(flown, terrain)
spent_s = time.perf_counter() - begin
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(route.area_m2 / 1e6, count_photos(flown), len(flown.stops), spent_s, peak / 1e6)
"""


def _tile(folder: Path) -> Path:
    """Write an SRTM tile with mountains, and steep hills of 60 m on them."""
    lat = np.linspace(48.0, 47.0, _SIDE)[:, None]
    lon = np.linspace(8.0, 9.0, _SIDE)[None, :]
    heights = (
        600.0 + 300.0 * np.sin(lon * 90.0) * np.cos(lat * 110.0) + 60.0 * np.sin(lon * 700.0 + lat * 500.0)
    )
    path = folder / "N47E008.hgt"
    heights.astype(">i2").tofile(path)
    return path


def main() -> None:
    """Print the table."""
    print(f"Terrain following, {machine()}\n")
    print("| area | photos | stops | time | peak memory of the process |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _CHILD.format(corners=_CORNERS), str(_tile(Path(folder)))]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
        )
    area, photos, stops, spent_s, peak = map(float, done.stdout.split())
    print(f"| {area:.1f} km2 | {photos:.0f} | {stops:.0f} | {spent_s:.2f} s | {peak:.0f} MB |")


if __name__ == "__main__":
    main()
