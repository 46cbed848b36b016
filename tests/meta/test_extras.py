"""The extras of the package: names that pip finds, and the peers that a benchmark run misses."""

from __future__ import annotations

import configparser
import importlib.util
import re

from benchmarks.run import missing_peers
from tests.support.source_tree import ROOT


def test_extras_have_names_that_pip_finds() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    extras = list(setup["options.extras_require"])
    # Metadata 2.3 normalizes names to hyphens: pip would not find an extra with an underscore.
    assert [name for name in extras if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(re.findall(r"-e \"\.\[([\w-]+)\]\"", makefile)) <= set(extras)


def test_a_peer_that_is_not_installed_is_named_with_its_extra() -> None:
    peers = {"rotorpy", "crazyflow", "mavparser", "pyulog", "fasttlogparser"}
    installed = {name for name in peers if importlib.util.find_spec(name)}
    assert {line.split()[0] for line in missing_peers()} == peers - installed
    assert all(line.endswith(")") for line in missing_peers())
