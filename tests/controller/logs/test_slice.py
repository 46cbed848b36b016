"""A slice of a record, checked by the stranger's script alone."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from controller.logs.slice import SliceError, cut_slice
from tests.controller.logs.test_chain import START_US, record
from tests.support.cli import ROOT

SCRIPT = ROOT / "examples" / "verify_slice.py"


def check(data: bytes) -> subprocess.CompletedProcess[bytes]:
    # -I: without Landline or anything else of this folder.
    return subprocess.run([sys.executable, "-I", str(SCRIPT)], input=data, capture_output=True, check=False)


@pytest.mark.parametrize(("start_s", "stop_s"), [(0, 3), (9, 12), (0, 100)])
def test_a_stranger_can_check_a_slice(tmp_path: Path, start_s: int, stop_s: int) -> None:
    record(tmp_path / "flight", tmp_path / "keys")
    cut = cut_slice(
        tmp_path / "flight",
        from_utc_us=START_US + start_s * 1_000_000,
        to_utc_us=START_US + stop_s * 1_000_000,
    )
    done = check(cut.data)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b'"kind":"block"') == cut.blocks > 0
    assert b"all of it is signed by" in done.stdout


def test_a_slice_of_an_interrupted_flight_is_checked_under_its_last_head(tmp_path: Path) -> None:
    record(tmp_path / "flight", tmp_path / "keys", seconds=25, close=False)
    cut = cut_slice(tmp_path / "flight", from_utc_us=START_US, to_utc_us=START_US + 60_000_000)
    assert cut.frames == 60
    assert check(cut.data).returncode == 0


def test_any_change_of_a_slice_is_refused(tmp_path: Path) -> None:
    record(tmp_path / "flight", tmp_path / "keys", seconds=12)
    cut = cut_slice(tmp_path / "flight", from_utc_us=START_US + 2_000_000, to_utc_us=START_US + 3_000_000)
    rng = random.Random(1)
    for _ in range(25):
        at = rng.randrange(len(b"landline-slice 1\n"), len(cut.data) - 1)
        changed = bytearray(cut.data)
        changed[at] ^= 1 << rng.randrange(8)
        assert check(bytes(changed)).returncode != 0, at


def test_an_empty_span_is_refused(tmp_path: Path) -> None:
    record(tmp_path / "flight", tmp_path / "keys")
    with pytest.raises(SliceError, match="no signed block"):
        cut_slice(tmp_path / "flight", from_utc_us=START_US + 10**9, to_utc_us=START_US + 2 * 10**9)
