"""Run all benchmarks: `make bench`. Copy results worth keeping into results.md, with machine and date."""

from __future__ import annotations

import importlib
from pathlib import Path

NOT_A_MEASUREMENT = {"run", "measure"}


def main() -> None:
    """Run the main() of each benchmark file, sorted by name."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in NOT_A_MEASUREMENT and not path.stem.startswith("_"):
            print(f"\n## {path.stem}\n")
            importlib.import_module(f"benchmarks.{path.stem}").main()


if __name__ == "__main__":
    main()
