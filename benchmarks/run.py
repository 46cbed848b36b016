"""Run all benchmarks: `make bench`. Copy results worth keeping into results.md, with machine and date."""

from __future__ import annotations

import importlib
import importlib.metadata
import re
from pathlib import Path

NOT_A_MEASUREMENT = {"run", "measure", "web_source", "web_trace"}


def missing_peers() -> list[str]:
    """Return the peers of the extras `bench` and `bench-compiled` that are not installed, sorted."""
    missing = set()
    for requirement in importlib.metadata.requires("landline") or ():
        extra = re.search(r"""extra == ['"](bench[-\w]*)""", requirement)
        name = re.match(r"[\w.-]+", requirement)
        if extra and name:
            try:
                importlib.metadata.version(name[0])
            except importlib.metadata.PackageNotFoundError:
                missing.add(f"{name[0]} (extra {extra[1]})")
    return sorted(missing)


def main() -> None:
    """Run the main() of each benchmark file, sorted by name."""
    missing = missing_peers()
    print(f"peers not installed: {', '.join(missing) or 'none'}")
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        if path.stem not in NOT_A_MEASUREMENT and not path.stem.startswith("_"):
            name = ".".join(path.relative_to(folder).with_suffix("").parts)
            print(f"\n## {name}\n")
            importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
