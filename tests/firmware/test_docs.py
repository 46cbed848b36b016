"""Every setting and every role is documented, with its default."""

from __future__ import annotations

import re
from typing import Any

from docs.box import drawings
from firmware.config import MISSING, SETTINGS
from tests.support.box.micropython import ROOT

BOX = ROOT / "docs" / "box"


def names(settings: dict[str, Any], where: str = "") -> list[tuple[str, Any]]:
    found = []
    for name, kind in settings.items():
        path = f"{where}{name}"
        if isinstance(kind, dict):
            found += names(kind, path + ".")
        elif isinstance(kind, list):
            found += names(kind[0], path + "[].")
        else:
            found.append((path, kind[1]))
    return found


def test_every_setting_is_documented_with_its_default() -> None:
    rows = {}
    for line in (BOX / "settings.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 4 and cells[1].startswith("`"):
            rows[cells[1].strip("`")] = cells[2].strip("`")
    wanted = {}
    for path, default in names(SETTINGS):
        path = (
            path.replace("laptop.", "PORT.", 1)
            if path.startswith("laptop.")
            else path.replace("radios[].", "PORT.")
        )
        wanted[path] = (
            "needed"
            if default is MISSING
            else str(default).lower()
            if isinstance(default, bool)
            else str(default)
        )
    assert rows == wanted


def test_every_role_is_documented() -> None:
    text = (BOX / "README.md").read_text(encoding="utf-8")
    helpers = {"__init__", "fleet", "fleet_command", "lights", "playback"}
    roles = {path.stem for path in (ROOT / "firmware" / "roles").glob("*.py")} - helpers
    assert {role for role in roles if f"`roles/{role}.py`" not in text} == set()


def test_every_board_has_a_wiring_page_with_a_drawing() -> None:
    text = (BOX / "wiring.md").read_text(encoding="utf-8")
    for board in ("pico", "esp32", "stm32"):
        assert f"({board}.svg)" in text
    for drawn in drawings.BOARDS:  # python -m docs.box.drawings
        assert (BOX / f"{drawn.file}.svg").read_text(encoding="utf-8") == drawings.drawing(drawn)


def test_every_test_that_the_page_on_faults_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", (BOX / "faults.md").read_text(encoding="utf-8")))
    folders = [ROOT / "tests" / name for name in ("firmware", "system", "controller/cli")]
    tests = "".join(
        path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("test_*.py")
    )
    assert len(named) > 25
    assert {name for name in named if f"def {name}(" not in tests} == set()
