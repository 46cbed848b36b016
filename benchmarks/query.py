"""Duration of SQL queries over a thousand synthetic flights of 20 minutes, with some 31 messages a second.

Measured separately: reading the flights into the catalogue, writing the Parquet files (both once a flight), and the
queries. Each figure is the run time of a whole process, as a user waits for it; the files are in the system's cache.
There is no peer: no ground station has this function. `--before PYTHON`, the interpreter of another build of Landline,
measures that build's first questions, too.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.measure import machine, seconds
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder

FLIGHTS = 1000
SECONDS = 1200
START_US = 1_779_000_000_000_000
# Rate of each message, in Hz.
RATES = {
    "ATTITUDE": 10,
    "GLOBAL_POSITION_INT": 5,
    "VFR_HUD": 4,
    "SERVO_OUTPUT_RAW": 4,
    "GPS_RAW_INT": 2,
    "SYS_STATUS": 2,
    "BATTERY_STATUS": 1,
    "VIBRATION": 1,
    "HEARTBEAT": 1,
    "MISSION_CURRENT": 1,
}
QUESTIONS = {
    "the highest bank of each flight": "SELECT flight, max(abs(roll)) AS bank FROM ATTITUDE "
    "GROUP BY flight ORDER BY bank DESC LIMIT 5",
    "mean and spread of two angles": "SELECT count(*), avg(roll), stddev(roll), avg(pitch), stddev(pitch) "
    "FROM ATTITUDE",
    "lowest voltage, joined with the catalogue": "SELECT f.aircraft, min(voltage_v) "
    "FROM series_battery b JOIN flights f ON f.flight = b.flight WHERE f.duration_s > 600 GROUP BY 1",
    "hours flown by mode": "SELECT modes, sum(armed_s) / 3600 FROM flights GROUP BY 1",
}

# Each is asked of flights that have no columns yet.
FIRST = {
    "one message": "SELECT count(*) FROM HEARTBEAT",
    "the largest message": QUESTIONS["the highest bank of each flight"],
    "a series": "SELECT flight, min(voltage_v) FROM series_battery GROUP BY flight",
    "four tables": "SELECT (SELECT count(*) FROM ATTITUDE), (SELECT count(*) FROM VFR_HUD), "
    "(SELECT count(*) FROM series_position), (SELECT count(*) FROM events)",
}


def telemetry(seed: int) -> bytes:
    """A flight's telemetry log; the values are noise, so that they compress no better than real ones."""
    rng = np.random.default_rng(seed)
    encoder = Encoder(address(1, 1))
    times = sorted(
        (int((i + 0.37 * j / len(RATES)) * 1_000_000 / rate), name)
        for j, (name, rate) in enumerate(RATES.items())
        for i in range(SECONDS * rate)
    )
    noise = rng.normal(0, 0.1, (len(times), 6)).tolist()
    out = bytearray()
    for (time_us, name), values in zip(times, noise, strict=True):
        out += (START_US + time_us).to_bytes(8, "big") + encoder.pack(_message(name, time_us, values))
    return bytes(out)


def _message(name: str, time_us: int, v: list[float]) -> m.Message:
    ms = time_us // 1000
    north = time_us * 5e-6 / 111_195
    place = {"lat": round((47.4 + north) * 1e7), "lon": 85456000 + round(v[0] * 100), "alt": 538_000}
    match name:
        case "ATTITUDE":
            return m.ATTITUDE(
                time_boot_ms=ms,
                roll=v[0],
                pitch=v[1],
                yaw=v[2],
                rollspeed=v[3],
                pitchspeed=v[4],
                yawspeed=v[5],
            )
        case "GLOBAL_POSITION_INT":
            return m.GLOBAL_POSITION_INT(
                time_boot_ms=ms,
                **place,
                relative_alt=50_000 + round(v[1] * 1000),
                vx=500,
                vy=round(v[2] * 100),
                vz=round(v[3] * 100),
            )
        case "VFR_HUD":
            return m.VFR_HUD(airspeed=5 + v[0], groundspeed=5 + v[1], throttle=41, alt=538 + v[2], climb=v[3])
        case "SERVO_OUTPUT_RAW":
            return m.SERVO_OUTPUT_RAW(
                time_usec=ms, **{f"servo{n}_raw": 1500 + round(v[n] * 300) for n in range(1, 5)}
            )
        case "GPS_RAW_INT":
            return m.GPS_RAW_INT(time_usec=time_us, fix_type=3, **place, eph=121, satellites_visible=14)
        case "SYS_STATUS":
            return m.SYS_STATUS(
                voltage_battery=15200 - ms // 1000,
                current_battery=1520 + round(v[0] * 100),
                battery_remaining=71,
            )
        case "BATTERY_STATUS":
            return m.BATTERY_STATUS(
                voltages=(15200 - ms // 1000,) + (65535,) * 9, current_battery=1520, battery_remaining=71
            )
        case "VIBRATION":
            return m.VIBRATION(
                time_usec=time_us, vibration_x=abs(v[0]), vibration_y=abs(v[1]), vibration_z=abs(v[2])
            )
        case "HEARTBEAT":
            return m.HEARTBEAT(type=2, autopilot=3, base_mode=209, custom_mode=3, system_status=4)
        case _:
            return m.MISSION_CURRENT(seq=4, total=12, mission_state=3)


def synthesise(flights: Path, count: int = FLIGHTS) -> None:
    """Write `count` flight folders: ten different flights and copies of them, which take the same time to read."""
    flights.mkdir(parents=True)
    models = [np.frombuffer(telemetry(seed), np.uint8) for seed in range(10)]
    for number in range(count):
        folder = (
            flights
            / f"2026{number // 28 % 12 + 1:02d}{number % 28 + 1:02d}T{number:06d}Z-copter-{number % 7}"
        )
        folder.mkdir()
        (folder / "frames.tlog").write_bytes(models[number % len(models)].tobytes())
        events = '{"utc":"2026-05-17T06:40:00Z","kind":"start"}\n{"kind":"end","outcome":"completed"}\n'
        (folder / "events.jsonl").write_text(events)


def landline(*arguments: str, python: str = sys.executable) -> float:
    """Seconds of a whole `landline logs ...` process."""
    command = [python, "-m", "controller.cli.main", "logs", *arguments]
    # In a folder without sources, so that each interpreter runs its own build.
    with tempfile.TemporaryDirectory() as empty:
        return seconds(
            lambda: subprocess.run(
                command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=empty
            )
        )


def processor_s() -> float:
    """Processor time of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def first(question: str, flights: Path, python: str) -> tuple[float, float, float]:
    """Of a question over flights without columns: seconds, processor seconds, and the gigabytes that it writes."""
    for columns in flights.glob("*/columns"):
        shutil.rmtree(columns)
    before_s = processor_s()
    taken = landline("sql", question, "--flights", str(flights), python=python)
    wrote = sum(path.stat().st_size for path in flights.glob("*/columns/*.parquet"))
    return taken, processor_s() - before_s, wrote / 1e9


def main(count: int = FLIGHTS, before: str | None = None) -> None:
    """Print the table."""
    flights = Path("build/benchmarks/flights").resolve()
    shutil.rmtree(flights, ignore_errors=True)
    making = seconds(lambda: synthesise(flights, count))
    size = sum(path.stat().st_size for path in flights.glob("*/frames.tlog"))
    where = ("--flights", str(flights))
    print(
        f"{count:,d} flights of {SECONDS // 60} minutes, {size / 1e9:.2f} GB, {machine()} (made in {making:.0f} s)\n"
    )
    heads = ("seconds", "processor seconds", "columns")
    builds = ("", " before") if before else ("",)
    titles = ["first question", *(head + build for build in builds for head in heads)]
    titles += ["ratio", "of processor time"] if before else []
    print(f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}")
    for what, question in FIRST.items():
        runs = [first(question, flights, python) for python in (sys.executable, before) if python]
        cells = [
            what,
            *(cell for run in runs for cell in (f"{run[0]:.1f}", f"{run[1]:.1f}", f"{run[2]:.2f} GB")),
        ]
        if before:
            cells += [f"{runs[0][0] / runs[1][0]:.2f}", f"{runs[0][1] / runs[1][1]:.2f}"]
        print(f"| {' | '.join(cells)} |", flush=True)
    first(FIRST["one message"], flights, sys.executable)
    print("\n| what | seconds, first | repeated |\n|---|---|---|")
    once = landline("ls", *where)
    again = f"{statistics.median(landline('ls', *where) for _ in range(5)):.2f}"
    print(f"| `ls` (reads every log once) | {once:.1f} | {again} |")
    for what, question in QUESTIONS.items():
        once = landline("sql", question, *where)
        again = f"{statistics.median(landline('sql', question, *where) for _ in range(5)):.2f}"
        print(f"| {what} | {once:.1f} | {again} |")
    shutil.rmtree(flights)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("count", nargs="?", type=int, default=FLIGHTS)
    parser.add_argument("--before", metavar="PYTHON")
    chosen = parser.parse_args()
    main(chosen.count, chosen.before)
