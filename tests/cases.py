"""What Landline answers about each file in `data/cases`, beside what its README calls right: `python -m tests.cases`.

One row for each file and question. The answers are those of commands, or of the functions behind commands that need an
aircraft: that one is scripted. The exit code is 1 if an answer is another than the right one.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from controller.missions.files import open_plan
from hil.sim.clock import VirtualLoop
from tests.support.cli import CommandResult, landline_here
from tests.support.data_folders import CASES
from tests.support.flights import vehicle_with
from tests.support.scripted.params import Aircraft

TLOGS = sorted(CASES.glob("*.tlog"))
ONBOARD = sorted([*CASES.glob("*.bin"), *CASES.glob("*.ulg")])
STEPPED = (("control_nostep.tlog", "none"), ("back10s.tlog", "-10.0 s"), ("from1970.tlog", "+20,602 days"))


@dataclass(frozen=True)
class Row:
    """A file, a question, the right answer and the one given."""

    file: str
    question: str
    right: str
    given: str
    within: int = 0
    """How far a number may be from the right one: the first and last message of a span are up to a second away."""

    @property
    def ok(self) -> bool:
        """Whether both are the same."""
        if self.within and self.given.isdecimal():
            return abs(int(self.right) - int(self.given)) <= self.within
        return self.right == self.given


class Answers:
    """Runs the commands on copies of the files; `home` is a folder of its own.

    Each log is in a flight folder with the log's name, so that `logs ls` and `logs sql` know it; an on-board log is
    beside a telemetry log there.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._flights = home / "flights"
        for log in (*TLOGS, *ONBOARD):
            folder = self._flights / log.stem
            folder.mkdir(parents=True)
            if log.suffix != ".tlog":
                shutil.copy(log, folder / log.name)
            shutil.copy(
                log if log.suffix == ".tlog" else CASES / "control_nostep.tlog", folder / "frames.tlog"
            )

    def run(self, *arguments: str | Path) -> CommandResult:
        """Run `landline ARGUMENTS`."""
        return landline_here(*arguments, home=self._home)

    def sql(self, file: str, columns: str, table: str, rest: str = "") -> str:
        """The answer of `logs sql` about one log: the values of its rows, and `no table` where it has none."""
        log = "frames.tlog" if file.endswith(".tlog") else file
        of_log = f"log = '{log}' AND " if table.startswith("series_") else ""
        question = f"SELECT {columns} FROM {table} WHERE {of_log}flight = '{Path(file).stem}' {rest}"
        found = self.run("logs", "sql", question, "--csv", "--flights", self._flights)
        return ", ".join(found.out.split("\n")[1:-1]).replace('"', "") if found.code == 0 else "no table"

    def positions(self, file: str) -> str:
        """How many positions its track has."""
        return self.sql(file, "count(*)", "series_position")

    def armed_s(self, file: str) -> str:
        """For how many whole seconds it was armed, to its disarming or its end."""
        since = int(self.sql(file, "min(time_us) FILTER (armed)", "series_mode"))
        disarmed = self.sql(file, f"min(time_us) FILTER (NOT armed AND time_us > {since})", "series_mode")
        until = disarmed or self.sql(file, "max(time_us)", "series_position")
        return str(round((int(until) - since) / 1e6))

    def modes(self, file: str) -> str:
        """Its modes, each with the second in which it began."""
        begin = self.sql(file, "min(time_us)", "series_mode")
        text = f"mode || ' at ' || round((min(time_us) - {begin}) / 1e6)::INT || ' s'"
        return self.sql(file, text, "series_mode", "GROUP BY mode ORDER BY min(time_us)")

    def begin(self, file: str) -> str:
        """Its date and time."""
        return self.sql(file, "strftime(min(utc), '%Y-%m-%d %H:%M:%S')", "series_position")

    def listed(self, file: str, key: str) -> str:
        """A value that `logs ls` has of it, numbers without decimals."""
        found = self.run("logs", "ls", "--json", "--flights", self._flights).events
        value = next(one[key] for one in found if one.get("flight", "").endswith(f"/{Path(file).stem}"))
        return str(round(value) if isinstance(value, float) else value)

    def review(self, file: str, *options: str) -> str:
        """What `logs review` prints, the notes first."""
        found = self.run("logs", "review", CASES / file, *options)
        return f"{found.err}{found.out}"

    def said(self, file: str, pattern: str, *options: str) -> str:
        """What of a pattern's group is in the review; `none` where it does not match."""
        found = re.search(pattern, self.review(file, *options))
        return found[1] if found else "none"

    def copied(self, file: str) -> str:
        """Messages before and after `logs anonymize`, at each level."""
        before = self.run("logs", "decode", CASES / file, "--json").summary["types"]
        counts = []
        for level in ("shift", "position", "identity"):
            target = self._home / level
            done = self.run("logs", "anonymize", CASES / file, "--level", level, "--out", target)
            after = (
                self.run("logs", "decode", target / file, "--json").summary["types"]
                if done.code == 0
                else None
            )
            counts.append("the same" if after == before else f"others ({level})")
        return "; ".join(dict.fromkeys(counts))

    def differences(self, one: str, other: str) -> str:
        """The lines of `params diff`."""
        found = self.run("params", "diff", CASES / one, CASES / other)
        return "; ".join(re.sub(r" +", " ", line) for line in found.out.splitlines())

    def refusal(self, *arguments: str | Path) -> str:
        """Exit code and the beginning of the error of a command."""
        found = self.run(*arguments)
        return f"exit {found.code}: {found.err.rpartition('/')[2].partition(' (your input)')[0].strip()}"

    def aircraft(self, command: str, file: str) -> str:
        """What a command says about the parameters of a scripted aircraft, and what it writes."""
        scripted = Aircraft(self._home)
        options = ["--yes"] if command == "load" else []
        lines = scripted.run(command, CASES / file, *options).out.splitlines()
        if command == "load":
            return f"{len(scripted.sets)} written: {', '.join(scripted.sets)}"
        return "; ".join(re.sub(r" +", " ", line) for line in lines)

    def plan(self, file: str) -> str:
        """What `mission show` says of a file, without its table."""
        lines = self.run("mission", "show", CASES / file).out.splitlines()
        return "; ".join(line for line in lines if not line.startswith(("home", " "))).replace("  ", " ")

    def uploaded(self, file: str, stack: str) -> str:
        """What an upload to a scripted aircraft says."""

        async def upload() -> str:
            async with vehicle_with(stack) as (vehicle, _):
                return str(await vehicle.mission.upload(open_plan(CASES / file)))

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            return runner.run(upload())


def rows(answers: Answers) -> Iterator[Row]:
    """All rows of the table."""
    for part in (_telemetry, _onboard, _parameters, _missions):
        yield from part(answers)


def _telemetry(a: Answers) -> Iterator[Row]:
    file = "gimbal_first_generic.tlog"
    yield Row(file, "whose log is it", "FIXED_WING, system 1", _aircraft(a, file))
    yield from _flown(a, file, positions="80", modes="GUIDED at 0 s, RTL at 60 s", armed="75")
    file = "two_aircraft.tlog"
    for system in ("1", "2"):
        chosen = a.run("logs", "review", CASES / file, "--system", system, "--json").summary["system"]
        yield Row(file, f"is system {system} chosen by --system", system, str(chosen))
    yield Row(file, "how many aircraft are told", "2", a.said(file, r"(\d+) aircraft in this log"))
    each = a.sql(file, "count(*)", "GLOBAL_POSITION_INT", "GROUP BY frame_system ORDER BY frame_system")
    yield Row(file, "positions of both", "60, 60", each)
    for file, step in STEPPED:
        yield from _flown(a, file, positions="80", modes="GUIDED at 0 s, RTL at 60 s", armed="75")
        yield Row(file, "metres flown", "88", a.listed(file, "distance_m"))
        yield Row(file, "step of the clock", step, a.said(file, r"clock jumped by (\S+(?: days| s))"))
        yield Row(file, "link loss", "none", a.said(file, r"(?m)^(link loss):"))
    yield Row("raw_only.tlog", "positions", "60", a.positions("raw_only.tlog"))
    yield Row("raw_only.tlog", "whose they are", "GPS", a.said("raw_only.tlog", "positions are the (GPS)"))


def _onboard(a: Answers) -> Iterator[Row]:
    file = "timems_2014.bin"
    yield from _flown(a, file, positions="60", modes="LOITER at 0 s", armed="59")
    # 1815 weeks and 100,000 s after 1980-01-06, less the 16 leap seconds of that time.
    yield Row(file, "date", "2014-10-20 03:46:24", a.begin(file))
    yield Row("fmt_late.bin", "positions", "60", a.positions("fmt_late.bin"))
    yield Row("gps_only.bin", "positions", "60", a.positions("gps_only.bin"))
    yield Row("gps_only.bin", "whose they are", "GPS", a.said("gps_only.bin", "positions are the (GPS)"))
    yield Row("banner_old.bin", "modes 5 and 6", "LOITER at 0 s, RTL at 30 s", a.modes("banner_old.bin"))
    file = "six_cells.bin"
    yield Row(file, "cells", "6", a.said(file, r"battery\[0\], (\d+) cells"))
    low = a.said(file, r"(?m)^(BAD battery below its failsafe voltage: 18.1)")
    yield Row(file, "18.1 V in flight", "BAD battery below its failsafe voltage: 18.1", low)
    file = "utc_clock.ulg"
    length = a.sql(file, "round((max(time_us) - min(time_us)) / 1e6)::INT", "series_position")
    yield Row(file, "length, s", "30", length)
    yield Row(file, "armed, s", "27", a.armed_s(file))
    yield Row(file, "date", "2026-05-28 20:26:40", a.begin(file))
    for log in ONBOARD:
        yield Row(log.name, "messages of anonymized copies", "the same", a.copied(log.name))


def _parameters(a: Answers) -> Iterator[Row]:
    comma = "exit 2: decimal_comma.param:2: invalid value '0,135': it has a decimal comma"
    other = CASES / "low_bits.param"
    refused = a.refusal("params", "diff", CASES / "decimal_comma.param", other)
    yield Row("decimal_comma.param", "ATC_RAT_RLL_P,0,135", comma, refused)
    yield Row(
        "low_bits.param",
        "against 2097152 aboard",
        "FLTMODE_GCSBLOCK 2097153 | 2097152",
        a.aircraft("diff", "low_bits.param"),
    )
    yield Row("low_bits.param", "loaded", "1 written: FLTMODE_GCSBLOCK", a.aircraft("load", "low_bits.param"))
    digits = "COMPASS_DEV_ID 1311244 | 1311242; INS_ACC_ID 2818058 | 2818059"
    yield Row(
        "digits_a.param", "against digits_b.param", digits, a.differences("digits_a.param", "digits_b.param")
    )
    turned = "COMPASS_DEV_ID 1311242 | 1311244; INS_ACC_ID 2818059 | 2818058"
    yield Row(
        "digits_b.param", "against digits_a.param", turned, a.differences("digits_b.param", "digits_a.param")
    )
    file = "qgc_two_components.params"
    yield Row(file, "RTL_ALT", "RTL_ALT 3000 | 1500", a.aircraft("diff", file))
    named = re.search(
        r"component (\d+), not of the autopilot, left alone", a.run("params", "diff", CASES / file, other).err
    )
    yield Row(file, "left alone", "component 154", f"component {named[1]}" if named else "none")


def _missions(a: Answers) -> Iterator[Row]:
    file = "mp_fence.waypoints"
    fence = "fence: inclusion polygon of 4 corners"
    circle = "fence: exclusion circle of 30 m around 47.3979000, 8.5464000"
    yield Row(file, "what is in it", f"no mission items; {fence}; {circle}", a.plan(file))
    for stack in ("ardupilot", "px4"):
        yield Row(file, f"uploaded to {stack}", "fence of 1 polygon and 1 circle", a.uploaded(file, stack))
    file = "nohome_wp.waypoints"
    shown = a.run("mission", "show", CASES / file)
    said = re.search(r"row 0 is taken as the first item of the mission", f"{shown.err}{shown.out}")
    yield Row(file, "items", "3 items", shown.out.partition(",")[0])
    yield Row(
        file, "the first row", "row 0 is taken as the first item of the mission", said[0] if said else "none"
    )
    yield Row("fence_only.plan", "what is in it", f"no mission items; {fence}", a.plan("fence_only.plan"))
    for stack in ("ardupilot", "px4"):
        yield Row(
            "fence_only.plan",
            f"uploaded to {stack}",
            "fence of 1 polygon",
            a.uploaded("fence_only.plan", stack),
        )


def _aircraft(a: Answers, file: str) -> str:
    from controller.wire import enums

    (one,) = a.run("logs", "decode", CASES / file, "--json").summary["aircraft"]
    return f"{enums.describe('MAV_TYPE', one['vehicle_type'])}, system {one['system']}"


def _flown(a: Answers, file: str, *, positions: str, modes: str, armed: str) -> Iterator[Row]:
    yield Row(file, "positions", positions, a.positions(file))
    yield Row(file, "modes", modes, a.modes(file))
    yield Row(file, "armed, s", armed, a.armed_s(file), within=1)


@contextmanager
def answered() -> Iterator[list[Row]]:
    """The table, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="landline-cases-") as home:
        yield list(rows(Answers(Path(home))))


def main() -> int:
    """Print the table as Markdown; return 1 if an answer is another than the right one."""
    with answered() as found:
        sys.stdout.write("| file | question | right | given | |\n|---|---|---|---|---|\n")
        for row in found:
            right = f"{row.right} ± {row.within}" if row.within else row.right
            cells = (row.file, row.question, right, row.given, "ok" if row.ok else "DIFFERENT")
            sys.stdout.write(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n")
        wrong = sum(not row.ok for row in found)
        sys.stdout.write(f"\n{len(found)} answers, {wrong} different\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
