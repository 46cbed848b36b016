"""The built page: its size, its files, and a lock file without addresses."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from controller.web.build import STATIC, UI

MAP_DATA = STATIC / "maps"
MOST_BYTES = 1_500_000


@pytest.fixture
def files() -> list[Path]:
    """Files of the built page; skip the test where it is not built."""
    if not (STATIC / "index.html").is_file():
        pytest.skip("the web page is not built: run make web")
    return sorted(path for path in STATIC.rglob("*") if path.is_file())


def test_the_page_without_map_data_is_below_1500_kb_gzipped(files: list[Path]) -> None:
    sizes = {
        path.relative_to(STATIC).as_posix(): len(gzip.compress(path.read_bytes(), 6))
        for path in files
        if not path.is_relative_to(MAP_DATA) and path.suffix != ".gz"
    }
    assert sum(sizes.values()) < MOST_BYTES, sizes


def test_the_page_loads_no_script_or_style_of_another_host(files: list[Path]) -> None:
    index = (STATIC / "index.html").read_text(encoding="utf-8")
    loaded = re.findall(r"""(?:src|href)\s*=\s*["']?([^"'\s>]+)""", index)
    assert loaded
    assert [address for address in loaded if not address.startswith(("/", "./"))] == []
    assert re.search(r"<script(?![^>]*\bsrc=)|\son\w+=", index) is None
    styles = [path.read_text(encoding="utf-8") for path in files if path.suffix == ".css"]
    assert [found for text in styles for found in re.findall(r"(?:url\(|@import\s)[\"']?https?:", text)] == []


def test_the_lock_file_names_no_address() -> None:
    lock = json.loads((UI / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert [name for name, package in lock["packages"].items() if name and "integrity" not in package] == []
