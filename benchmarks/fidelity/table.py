"""Fidelity of the emulated autopilots: recorded flights of real ones, flown again, leg by leg.

    python -m benchmarks.fidelity.table [DATA] [NAME ...]

DATA is the folder with the recordings (default ../shared/data). NAME chooses flights, such as `px4/quad_x_square`.
The clock is set to zero at each item that both reached. A star marks a figure beyond its bar; only the flights on
Landline's physics have bars of distance, because the others were flown with other airframes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fidelity._flown import Apart, Flown, apart
from benchmarks.fidelity._reflown import fly_frames_of, fly_plan_of, on_landline_physics, recorded, reference
from hil.errors import ScenarioError

DATA = Path(__file__).parents[3] / "shared" / "data"
_HEAD = (
    "flight",
    "real s",
    "emulated",
    "worst leg",
    "cross m",
    "along m",
    "height m",
    "speed",
    "climb",
    "sink",
    "tilt",
)


@dataclass(frozen=True)
class Bars:
    """Largest differences: RMS across and along the track, m; shares of the duration and of a leg (or seconds)."""

    cross_m: float
    along_m: float
    whole: float = 0.04
    leg: float = 0.06
    leg_s: float = 1.0
    speed: float = 0.05
    tilt_deg: float = 3.0


ROTORS, WINGS = Bars(1.0, 3.0), Bars(6.0, 10.0)
OTHER_AIRFRAME = Bars(1.0, float("inf"), whole=0.06, leg=float("inf"))


def bars_of(name: str) -> Bars:
    """Return the bars of a flight by its name."""
    if name.startswith("reference/"):
        return OTHER_AIRFRAME
    return WINGS if "plane" in name else ROTORS


def flights(data: Path) -> list[tuple[str, Path, Callable[[Path], Flown]]]:
    """Return name, log, and what flies it again, of all recordings."""
    found = [(f"{one.parent.name}/{one.name}", one / "frames.tlog") for one in on_landline_physics(data)]
    rows: list[tuple[str, Path, Callable[[Path], Flown]]] = [
        (name, log, lambda path: fly_plan_of(path.parent)) for name, log in found
    ]
    rows += [(f"reference/{log.parent.name}/{log.stem}", log, fly_frames_of) for log in reference(data)]
    return rows


def row(name: str, real: Flown, other: Flown, found: Apart) -> tuple[str, ...]:
    """Return the cells of one flight."""
    bars = bars_of(name)

    def marked(text: str, *, within: bool) -> str:
        return text if within else f"{text} *"

    share = other.length_s / real.length_s - 1.0
    leg, theirs, ours = max(found.legs, key=lambda one: abs(one[2] - one[1]))
    late_s = ours - theirs
    peaks = []
    for what in ("speed", "climb", "sink"):
        true, got = real.peak(what), other.peak(what)
        peaks.append(marked(f"{true:.1f} / {got:.1f}", within=abs(got - true) <= max(bars.speed * true, 0.2)))
    true, got = real.peak("tilt"), other.peak("tilt")
    items = "" if found.same_items else ", other items *"
    modes = "" if found.same_modes else ", other modes *"
    return (
        f"{name}{items}{modes}",
        f"{real.length_s:.0f}",
        marked(f"{100.0 * share:+.1f} %", within=abs(share) <= bars.whole),
        marked(f"{leg}: {late_s:+.1f} s", within=abs(late_s) <= max(bars.leg * theirs, bars.leg_s)),
        marked(f"{found.cross_m:.2f}", within=found.cross_m <= bars.cross_m),
        marked(f"{found.along_m:.2f}", within=found.along_m <= bars.along_m),
        f"{found.height_m:.2f}",
        *peaks,
        marked(f"{true:.0f} / {got:.0f}", within=abs(got - true) <= bars.tilt_deg),
    )


def main(arguments: list[str] | None = None) -> None:
    """Fly the recorded flights again and print the table."""
    given = arguments or []
    data = Path(given[0]) if given else DATA
    chosen = set(given[1:])
    if not data.is_dir():
        print(f"cannot compare: no recordings in {data}; give their folder")
        return
    print("| " + " | ".join(_HEAD) + " |")
    print("|" + "---|" * len(_HEAD))
    for name, log, fly in flights(data):
        if chosen and name not in chosen:
            continue
        real = recorded(log)
        try:
            other = fly(log)
        except ScenarioError as error:
            print(
                f"| {name} | {real.length_s:.0f} | not emulated: {error} |" + " |" * (len(_HEAD) - 3),
                flush=True,
            )
            continue
        print("| " + " | ".join(row(name, real, other, apart(real, other))) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
