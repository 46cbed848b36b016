"""How often does the record survive? `python -m benchmarks.faults [KILLS] [CHANGES]`: recorders killed with SIGKILL at random
moments after their first head, each to hold every frame that it had taken and every block that it told of; and single changes of
a recorded flight's files (`KINDS` in the test), an older head and a whole older state among them, each to be found.

The same runs as the slow tests', with their figures printed. Linux and macOS.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import machine, seconds
from tests.controller.logs.record.test_chain import found, recorded
from tests.controller.logs.record.test_recorder_chain import KILLER

KILLS, CHANGES = 500, 10_000


def main(kills: int = KILLS, changes: int = CHANGES) -> None:
    """Print both figures; a record that does not verify, or a change that is not found, ends it with an error."""
    print(f"{machine()}\n\n| what | figure | seconds |\n|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="landline-faults-") as name:
        folder = Path(name)
        said: list[str] = []

        def kill() -> None:
            done = subprocess.run(
                [sys.executable, "-c", KILLER, str(folder / "killed"), str(kills)],
                capture_output=True,
                text=True,
                check=True,
                cwd=Path(__file__).parents[1],
            )
            said.append(done.stdout.strip())

        (folder / "killed").mkdir()
        took_s = seconds(kill)
        print(
            f"| recorders killed: {kills} | {said[0]}; all verify, with all that was taken and covered | {took_s:.0f} |"
        )
        made: dict[str, int] = {}
        flight = recorded(folder / "flights", folder / "keys")
        took_s = seconds(lambda: made.update(found(flight, folder / "keys", changes, seed=2)))
        kinds = ", ".join(f"{kind} {count}" for kind, count in made.items())
        print(f"| single changes made: {changes:,d} ({kinds}) | all found | {took_s:.0f} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
