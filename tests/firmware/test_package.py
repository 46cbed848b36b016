"""The package list for boards names every firmware file."""

from __future__ import annotations

import json

from tests.support.box.micropython import ROOT

FIRMWARE = ROOT / "firmware"
NOT_ON_A_BOARD = {"manifest.py", "image.py", "boards/unix.py"}


def test_the_mip_package_lists_every_file_of_a_board_and_no_other() -> None:
    package = json.loads((FIRMWARE / "package.json").read_text())
    wanted = {path.relative_to(FIRMWARE).as_posix() for path in FIRMWARE.rglob("*.py")} - NOT_ON_A_BOARD
    assert {source for _, source in package["urls"]} == wanted
    assert all(target == f"firmware/{source}" for target, source in package["urls"])
