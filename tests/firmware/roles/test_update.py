"""Updates: only the operator's, tried once, and never half."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.boot import home_of
from firmware.core import ed25519
from firmware.core.disk import Disk
from firmware.image import pack
from firmware.roles.update import (
    INBOX,
    REPORT,
    UpdateError,
    choose_slot,
    confirm,
    install,
    load_state,
    take_inbox,
)
from tests.support.box.micropython import run_onboard

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
FILES = {"firmware/main.py": b"print('new')\n" * 100, "firmware/roles/x.py": b"x = 1\n"}


def image(board: str = "any", files: dict[str, bytes] = FILES, key: Ed25519PrivateKey = KEY) -> bytes:
    return pack(files, "2.0", board, key.sign)


def put(disk: Disk, data: bytes, board: str = "pico") -> str:
    return install(disk, io.BytesIO(data), PUBLIC, board)


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=300))
def test_sha_512_is_the_standards(data: bytes) -> None:
    import hashlib

    assert ed25519.sha512(data) == hashlib.sha512(data).digest()


@settings(max_examples=10, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=100), at=st.integers(0, 511))
def test_signatures_are_judged_as_the_reference_does(seed: bytes, message: bytes, at: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    signature = bytearray(key.sign(message))
    public = key.public_key().public_bytes_raw()
    assert ed25519.verify(public, bytes(signature), message)
    assert not ed25519.verify(public, bytes(signature), message + b"x")
    signature[at // 8] ^= 1 << at % 8
    assert not ed25519.verify(public, bytes(signature), message)


def test_micropython_judges_signatures_the_same() -> None:
    message = b"landline box image\n" + bytes(32)
    good, bad = KEY.sign(message), KEY.sign(message + b"x")
    assert run_onboard("judge.py", PUBLIC.hex(), message.hex(), good.hex(), bad.hex()) == [True, False]


def test_an_image_is_tried_at_the_next_start_and_kept_once_it_has_proved_itself(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    assert choose_slot(disk) == ""
    assert put(disk, image()) == "2.0"
    assert choose_slot(disk) == "a"
    assert (tmp_path / "a/firmware/main.py").read_bytes() == FILES["firmware/main.py"]
    assert confirm(disk)
    assert choose_slot(disk) == "a"
    put(disk, image())
    assert choose_slot(disk) == "b"


def test_firmware_that_does_not_prove_itself_is_given_up_at_the_next_start(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    put(disk, image())
    choose_slot(disk)
    confirm(disk)
    put(disk, image())
    assert [choose_slot(disk) for _ in range(3)] == ["b", "a", "a"]
    assert not confirm(disk)


def changed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (lambda: b"", "not a box image"),
        (lambda: b"\x7fELF" + bytes(5000), "not a box image"),
        (lambda: image("stm32"), "for stm32, this is pico"),
        (
            lambda: image(key=Ed25519PrivateKey.from_private_bytes(bytes(32))),
            "not signed by this box's operator",
        ),
        (lambda: changed(image(), 30), "not signed by this box's operator"),
        (lambda: changed(image(), len(image()) - 700), "the image was changed"),
        (lambda: image()[:-1], "cut short"),
        (lambda: image() + b"x", "more in the image"),
        (lambda: image(files={"firmware/../boot.py": b"x"}), "does not belong"),
        (lambda: image(files={"/etc/passwd": b"x"}), "does not belong"),
        (lambda: image(files={"main.py": b"x"}), "does not belong"),
    ],
)
def test_a_wrong_image_is_refused_and_nothing_changes(
    tmp_path: Path, data: Callable[[], bytes], said: str
) -> None:
    disk = Disk(str(tmp_path))
    put(disk, image())
    choose_slot(disk)
    confirm(disk)
    with pytest.raises(UpdateError, match=said):
        put(disk, data())
    assert load_state(disk) == {"active": "a", "trial": "", "tried": ""}
    assert choose_slot(disk) == "a"


def test_an_image_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    data = image()
    for length in [*range(12), 200, len(data) - 1300, len(data) - 7, len(data) - 1]:
        with pytest.raises(UpdateError):
            put(disk, data[:length])
        assert choose_slot(disk) == ""


class PowerCut(BaseException):
    """Nobody is left to catch it."""


class FailingDisk(Disk):
    """The power goes before the n-th change; of a write, half is on the disk."""

    def __init__(self, folder: str, changes: int) -> None:
        super().__init__(folder)
        self.left = changes

    def _change(self) -> None:
        if self.left == 0:
            raise PowerCut
        self.left -= 1

    def create(self, name: str) -> Any:
        self._change()
        return super().create(name)

    def write(self, file: Any, data: bytes) -> None:
        if self.left == 0:
            file.write(data[: len(data) // 2])
        self._change()
        super().write(file, data)

    def rename(self, old: str, new: str) -> None:
        self._change()
        super().rename(old, new)

    def remove(self, name: str) -> None:
        self._change()
        super().remove(name)

    def remove_tree(self, name: str) -> None:
        self._change()
        super().remove_tree(name)


def test_power_cut_between_any_two_steps_of_an_update_leaves_firmware_that_is_whole(tmp_path: Path) -> None:
    finished = False
    cut = 0
    while not finished:
        folder = tmp_path / str(cut)
        folder.mkdir()
        disk = Disk(str(folder))
        put(disk, image())
        choose_slot(disk)
        confirm(disk)
        failing = FailingDisk(str(folder), cut)
        try:
            put(failing, image(files={"firmware/main.py": b"newer" * 300}))
            choose_slot(failing)
            confirm(failing)
            finished = True
        except PowerCut:
            pass
        for _ in range(2):
            slot = choose_slot(disk)
            held = (folder / slot / "firmware/main.py").read_bytes()
            assert held in (FILES["firmware/main.py"], b"newer" * 300)
        if finished:
            assert load_state(disk)["active"] == "b"
        cut += 1
    assert cut > 8


def inbox(folder: Path, data: bytes, operator: str = PUBLIC.hex()) -> Disk:
    """A box's folder in which somebody has put an image over the cable."""
    given = {
        "version": 1,
        "laptop": {"port": "usb"},
        "radios": [{"port": "uart:0"}],
        "keys": {"operator": operator},
    }
    (folder / "config.json").write_text(json.dumps(given))
    (folder / INBOX).write_bytes(data)
    return Disk(str(folder))


def test_an_image_put_into_the_boxs_folder_over_the_cable_is_taken_at_the_next_start(tmp_path: Path) -> None:
    disk = inbox(tmp_path, image("rp2"))
    assert take_inbox(disk, "rp2") == "firmware 2.0 is on trial"
    assert choose_slot(disk) == "a"
    assert not (tmp_path / INBOX).exists()
    assert (tmp_path / REPORT).read_text() == "firmware 2.0 is on trial"
    assert take_inbox(disk, "rp2") == ""


def test_settings_that_only_a_newer_firmware_knows_do_not_bar_an_update(tmp_path: Path) -> None:
    disk = inbox(tmp_path, image("rp2"))
    given = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**given, "version": 2, "of_tomorrow": True}))
    assert take_inbox(disk, "rp2") == "firmware 2.0 is on trial"


@pytest.mark.parametrize(
    ("data", "operator", "said"),
    [
        (image("esp32"), PUBLIC.hex(), "the image is for esp32, this is rp2"),
        (image(key=Ed25519PrivateKey.generate()), PUBLIC.hex(), "not signed by this box's operator"),
        (image()[:-7], PUBLIC.hex(), "the image is cut short"),
        (b"", PUBLIC.hex(), "not a box image"),
        (image(), "", "the settings name no keys.operator"),
        (image(), "xy", "keys.operator: must be 64 hexadecimal digits"),
    ],
)
def test_what_is_wrong_in_the_inbox_is_thrown_away_said_and_the_box_starts_as_it_was(
    tmp_path: Path, data: bytes, operator: str, said: str
) -> None:
    disk = inbox(tmp_path, data, operator)
    assert take_inbox(disk, "rp2") == f"update refused: {said}"
    assert choose_slot(disk) == ""
    assert not (tmp_path / INBOX).exists()


def test_power_cut_at_any_step_of_taking_an_image_only_puts_it_off(tmp_path: Path) -> None:
    cut, finished = 0, False
    while not finished:
        folder = tmp_path / str(cut)
        folder.mkdir()
        inbox(folder, image())
        try:
            take_inbox(FailingDisk(str(folder), cut), "rp2")
            finished = True
        except PowerCut:
            pass
        disk = Disk(str(folder))
        take_inbox(disk, "rp2")
        assert choose_slot(disk) == "a"
        assert (folder / "a/firmware/main.py").read_bytes() == FILES["firmware/main.py"]
        assert not (folder / INBOX).exists()
        cut += 1
    assert cut > 8


def test_a_damaged_state_file_starts_what_the_box_came_with(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    for text in ("", "{", "[]", json.dumps({"active": "../x", "trial": "", "tried": ""})):
        (tmp_path / "slots.json").write_text(text)
        assert choose_slot(disk) == ""
    (tmp_path / "slots.json").unlink()
    assert choose_slot(disk) == ""


def test_the_chosen_slot_runs(tmp_path: Path) -> None:
    import shutil
    import subprocess

    from tests.support.box.micropython import ROOT, binary

    shutil.copytree(ROOT / "firmware", tmp_path / "firmware", ignore=shutil.ignore_patterns("__pycache__"))
    disk = Disk(str(tmp_path))
    put(disk, image(files={"firmware/__init__.py": b"", "firmware/main.py": b"print('the new one')\n"}))
    script = f"from firmware import boot\nprint(boot.prepare({str(tmp_path)!r}))\nimport firmware.main\n"
    (tmp_path / "start.py").write_text(script)
    done = subprocess.run(
        [str(binary()), "start.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.split("\n")[:2] == ["a", "the new one"], done.stderr


def test_micropython_takes_an_image_at_the_start_and_runs_it(tmp_path: Path) -> None:
    import shutil
    import subprocess

    from tests.support.box.micropython import ROOT, binary

    shutil.copytree(ROOT / "firmware", tmp_path / "firmware", ignore=shutil.ignore_patterns("__pycache__"))
    new = {"firmware/__init__.py": b"", "firmware/main.py": b"print('the new one')\n"}
    inbox(tmp_path, image("unix", new))
    script = f"from firmware import boot\nprint(boot.prepare({str(tmp_path)!r}))\nimport firmware.main\n"
    (tmp_path / "start.py").write_text(script)
    done = subprocess.run(
        [str(binary()), "start.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.split("\n")[:2] == ["a", "the new one"], done.stderr


BOARD = """
import sys, time, types

events = []


class WDT:
    def __init__(self, timeout):
        events.append(f"watchdog {timeout}")

    def feed(self):
        events.append("fed")


machine = types.ModuleType("machine")
machine.WDT, machine.reset = WDT, lambda: events.append("reset")
sys.modules["machine"] = machine
sys.print_exception, time.sleep = lambda error: events.append(repr(error)), lambda _: None
sys.platform = "rp2"
from firmware import boot

boot.home_of = lambda _platform: sys.argv[1]
exec(open(sys.argv[2]).read())
print("|".join(events))
"""


def test_trial_firmware_runs_under_the_watchdog_and_an_exception_resets_the_board(
    tmp_path: Path,
) -> None:
    import subprocess
    import sys

    from tests.support.box.micropython import ROOT

    def started() -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", BOARD, str(tmp_path), str(ROOT / "firmware" / "start.py")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip().split("|")

    files = {"firmware/__init__.py": b"", "firmware/main.py": b"raise ValueError('broken')\n"}
    put(Disk(str(tmp_path)), image("rp2", files), "rp2")
    tried = started()
    assert (tried[0], tried[-2:]) == ("watchdog 8000", ["ValueError('broken')", "reset"])
    assert tried[1:-2] == ["fed"] * len(tried[1:-2]) != []
    # Next the firmware it came with, which misses the rest of a board here.
    assert started() == ["""ModuleNotFoundError("No module named 'micropython'")""", "reset"]


def test_a_trial_that_cannot_be_noted_is_not_begun(tmp_path: Path) -> None:
    class Full(Disk):
        def create(self, name: str) -> Any:
            raise OSError(28, "no room: " + name)

    put(Disk(str(tmp_path)), image())
    assert choose_slot(Full(str(tmp_path))) == ""
    assert choose_slot(Disk(str(tmp_path))) == "a"


def test_while_an_image_is_tried_no_other_takes_its_place(tmp_path: Path) -> None:
    disk = Disk(str(tmp_path))
    put(disk, image())
    choose_slot(disk)
    with pytest.raises(UpdateError, match="another image is on trial"):
        put(disk, image())


def test_a_pyboards_files_are_in_its_flash_and_not_at_its_root() -> None:
    assert [home_of(platform) for platform in ("pyboard", "rp2", "esp32")] == ["/flash", "/", "/"]
