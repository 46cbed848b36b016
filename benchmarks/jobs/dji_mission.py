"""Opening of a DJI mission (WPML) of 5,000 mission items: waypoints with a photo each, in a process of its own.

python -m benchmarks.jobs.dji_mission
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import machine
from controller.missions.commands import CMD
from controller.missions.files import save_plan
from controller.missions.plan import Plan, PlanItem

_WAYPOINTS = 2500
_ROUNDS = 5
_CHILD = """
import resource, sys, time
from controller.missions.files import open_plan
import controller.missions.checks.check
begin, processor = time.perf_counter(), time.process_time()
plan = open_plan(sys.argv[1])
spent_s, processor_s = time.perf_counter() - begin, time.process_time() - processor
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(len(plan.items), spent_s, processor_s, peak / 1e6)
"""


def main() -> None:
    """Print the table."""
    photo = PlanItem(command=int(CMD.IMAGE_START_CAPTURE), frame=2, param3=1.0)
    items = [PlanItem(command=int(CMD.NAV_TAKEOFF), alt_m=50.0)]
    for number in range(_WAYPOINTS):
        place = {"lat_deg": 47.0 + number * 1e-4, "lon_deg": 8.5, "alt_m": 50.0}
        items += [PlanItem(command=int(CMD.NAV_WAYPOINT), param1=1.0, **place), photo]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.kmz"
        save_plan(Plan(items=tuple(items)), path)
        command = [sys.executable, "-c", _CHILD, str(path)]
        runs = [subprocess.check_output(command, text=True).split() for _ in range(_ROUNDS)]
    count, _, _, peak = runs[0]
    best_s, processor_s = (min(float(one[column]) for one in runs) for column in (1, 2))
    print(f"Opening of a DJI mission, {machine()}\n")
    print("| mission items | waypoints | time, best of 5 | processor time | peak memory of the process |")
    print("|---|---|---|---|---|")
    print(f"| {count} | {_WAYPOINTS} | {best_s:.2f} s | {processor_s:.2f} s | {float(peak):.0f} MB |")


if __name__ == "__main__":
    main()
