"""Fault tests of the record with figures: `python -m benchmarks.faults [KILLS] [CHANGES]`.

Kills recorders with SIGKILL at random moments: each record must hold every frame taken and every block covered.
Then makes single changes of a recorded flight's files (`tests.support.records.changes.KINDS`), each of which
verification must find. The slow tests run the same. Linux and macOS.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import machine, seconds
from tests.support.logs.recorded_flights import record_flight
from tests.support.records.changes import check_changes_are_found

KILLS, CHANGES = 500, 10_000


def main(kills: int = KILLS, changes: int = CHANGES) -> None:
    """Print both figures. A record that does not verify, or a change that is not found, ends it with an error."""
    print(f"{machine()}\n\n| test | figure | seconds |\n|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="landline-faults-") as name:
        folder = Path(name)
        outputs: list[str] = []

        def kill() -> None:
            done = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "tests.support.records.killed_recorders",
                    str(folder / "killed"),
                    str(kills),
                ],
                capture_output=True,
                text=True,
                check=True,
                cwd=Path(__file__).parents[1],
            )
            outputs.append(done.stdout.strip())

        (folder / "killed").mkdir()
        took_s = seconds(kill)
        print(f"| recorders killed: {kills} | {outputs[0]}; all verify, with all frames | {took_s:.0f} |")
        made: dict[str, int] = {}
        flight = record_flight(folder / "flights", folder / "keys")
        took_s = seconds(
            lambda: made.update(check_changes_are_found(flight, folder / "keys", changes, seed=2))
        )
        kinds = ", ".join(f"{kind} {count}" for kind, count in made.items())
        print(f"| single changes made: {changes:,d} ({kinds}) | all found | {took_s:.0f} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
