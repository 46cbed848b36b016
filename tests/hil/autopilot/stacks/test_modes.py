"""Mode numbers and base modes equal those of pymavlink."""

from __future__ import annotations

from pymavlink import mavutil

from hil.autopilot.stacks.modes import ARDUCOPTER, PX4, ModeKind, px4_number


def test_arducopters_numbers_are_pymavlinks() -> None:
    theirs = mavutil.mode_mapping_acm
    assert {mode.number: mode.name for mode in ARDUCOPTER.all} == {
        mode.number: theirs[mode.number] for mode in ARDUCOPTER.all
    }


def test_px4s_numbers_are_pymavlinks() -> None:
    for mode in PX4.all:
        _, main, sub = mavutil.px4_map[mode.name]
        assert mode.number == px4_number(main, sub), mode.name


def test_px4s_base_mode_bits_are_pymavlinks() -> None:
    for name in ("TAKEOFF", "LOITER", "MISSION", "RTL", "LAND"):
        base, _, _ = mavutil.px4_map[name]
        assert PX4.named(name).base_flags == base, name


def test_unsupported_modes_are_not_in_the_table() -> None:
    assert ARDUCOPTER.find(1) is None  # ACRO
    assert PX4.find(px4_number(4, 8)) is None  # follow me


def test_standard_modes_map_to_modes_of_the_same_kind() -> None:
    for table in (ARDUCOPTER, PX4):
        found = {number: table.standard(number) for number in (5, 6, 7)}
        assert [mode.kind for mode in found.values() if mode] == [
            ModeKind.RETURN,
            ModeKind.MISSION,
            ModeKind.LAND,
        ]
        assert table.standard(0) is None
