"""Planning of a large survey: 50 km2 with 20,000 photos, ours and `drone-flightplan` from PyPI on the same polygon.

    python -m benchmarks.jobs.survey [PYTHON]

PYTHON is the interpreter of an environment with drone-flightplan, shapely, pyproj and geojson. It is no extra of this
package, because it asks for one exact GDAL built from source, which this use does not need: install it with
`pip install --no-deps drone-flightplan`. Both plan the lines and the place of each photo and write their file: ours a
QGroundControl plan, the other GeoJSON. The polygon lies at the equator, where the other's map (Web Mercator) keeps
distances. Memory is the peak of a process of its own, imports included.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measure import machine
from controller.missions.formats import qgc_plan
from controller.missions.path import Position
from controller.missions.patterns.local_map import LocalMap
from controller.missions.patterns.passes import PassOptions
from controller.missions.patterns.survey import survey
from controller.missions.plan import Plan
from controller.missions.route.items import ItemStyle, items_of
from controller.missions.route.photos import photos_of

ROUNDS = 5
_OUTLINE_M = ((-4000, -3000), (1000, -4200), (4200, -2500), (3800, 2300), (500, 3600), (-3600, 2700))
_KILOBYTE = 1 if sys.platform == "darwin" else 1024
# What it imports of GDAL at its start is for terrain, which this does not use.
_PEER = """
import json, statistics, sys, time, types
sys.modules["osgeo"] = types.SimpleNamespace(gdal=None, ogr=None, osr=None)
import logging; logging.disable()
from drone_flightplan.calculate_parameters import calculate_parameters
from drone_flightplan.enums import FlightMode
from drone_flightplan.waypoints import create_waypoint
given = json.load(sys.stdin)
spacings = calculate_parameters(60.0, 70.0, given["height_m"], None)
def run():
    return create_waypoint(given["area"], given["height_m"], None, 60.0, 70.0, rotation_angle=30.0,
                           mode=FlightMode.WAYPOINTS)
seconds = []
for _ in range(given["rounds"]):
    started = time.perf_counter()
    made = run()
    seconds.append(time.perf_counter() - started)
json.dump({"seconds": seconds, "photos": len(json.loads(made["geojson"])["features"]),
           "spacing_m": spacings["side_spacing"], "trigger_m": spacings["forward_spacing"]}, sys.stdout)
"""


def area() -> list[Position]:
    """Return the corners of 50 km2 at the equator."""
    on_earth = LocalMap((0.0, 37.0))
    return [on_earth.to_earth(point) for point in _OUTLINE_M]


def plan(spacing_m: float, trigger_m: float) -> tuple[float, int]:
    """Plan the survey and write its plan; return its area, m2, and its number of photos."""
    options = PassOptions(height_m=100.0, spacing_m=spacing_m, trigger_m=trigger_m)
    route = survey(area(), options, angle_deg=30.0)
    photos = photos_of(route)
    qgc_plan.write(Plan(items=items_of(route, ItemStyle())))
    return route.area_m2, len(photos)


def peer(python: Path, height_m: float) -> dict[str, float]:
    """Return the figures of drone-flightplan: seconds of its rounds' median, photos, and its distances."""
    ring = [[lon, lat] for lat, lon in [*area(), area()[0]]]
    given = {
        "area": {"type": "Polygon", "coordinates": [ring]},
        "height_m": height_m,
        "rounds": ROUNDS,
    }
    done = subprocess.run(
        [python, "-c", _PEER], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    return found | {"seconds": statistics.median(found["seconds"])}


def peak_mb() -> float:
    """Return the peak of memory of one planning in a process of its own, 10^6 bytes, imports included."""
    script = "from benchmarks.jobs.survey import plan; plan(50.0, 50.0)"
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    subprocess.run([sys.executable, "-c", script], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(before, after) * _KILOBYTE / 1e6


def main(python: Path | None = None) -> None:
    """Print the table."""
    memory_mb = peak_mb()
    # At this height drone-flightplan's camera and overlaps give distances of some 50 m.
    theirs = peer(python, 132.0) if python else None
    spacing_m, trigger_m = (theirs["spacing_m"], theirs["trigger_m"]) if theirs else (50.0, 50.0)
    seconds = []
    for _ in range(ROUNDS + 1):
        started = time.perf_counter()
        area_m2, photos = plan(spacing_m, trigger_m)
        seconds.append(time.perf_counter() - started)
    print(
        f"A survey of {area_m2 / 1e6:.1f} km2, lines {spacing_m:g} m and photos {trigger_m:g} m apart, {machine()}\n"
    )
    print("| planner | photos | first | median | peak memory |\n|---|---|---|---|---|")
    ours_s = statistics.median(seconds[1:])
    print(f"| Landline | {photos:,} | {seconds[0]:.3f} s | {ours_s:.3f} s | {memory_mb:.0f} MB |")
    if theirs:
        print(f"| drone-flightplan | {theirs['photos']:,} | | {theirs['seconds']:.2f} s | |")
        print(f"\n{theirs['seconds'] / ours_s:.0f} times as fast")
    else:
        print("\n**drone-flightplan is not given; its row is omitted**")


if __name__ == "__main__":
    main(*(Path(one) for one in sys.argv[1:2]))
