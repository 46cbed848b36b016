"""Print the longest source files, to be looked at: `python -m tests.meta.longest_files`."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]


def longest(count: int = 8) -> list[tuple[int, str]]:
    """(lines, path) of the longest files of the product."""
    sizes = [
        (len(path.read_text(encoding="utf-8").splitlines()), path.relative_to(ROOT).as_posix())
        for room in ("controller", "hil", "firmware")
        for path in (ROOT / room).rglob("*.py")
    ]
    return sorted(sizes, reverse=True)[:count]


if __name__ == "__main__":
    print("longest files (over 400 lines wants a second look):")
    for lines, path in longest():
        print(f"  {lines:5}  {path}")
