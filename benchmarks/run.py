"""All measurements: `make bench`. Copy what is worth keeping into results.md, with machine and date."""

from __future__ import annotations

import importlib
from pathlib import Path

NOT_A_MEASUREMENT = {"run", "measure"}


def main() -> None:
    """Each file's main(), in the order of their names."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in NOT_A_MEASUREMENT and not path.stem.startswith("_"):
            print(f"\n## {path.stem}\n")
            importlib.import_module(f"benchmarks.{path.stem}").main()


if __name__ == "__main__":
    main()
