"""Parameter files of all ground stations: read whole or refused with the line, and written so that they read back."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import UserError
from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import INT8, INT32, REAL32
from controller.vehicle.param_files import FORMATS, read_param_file, read_params, write_params
from controller.vehicle.param_numbers import float32, number_text, parse_number, same_number
from controller.wire.address import address

CASES = Path(__file__).parents[2] / "data" / "cases"


def read(tmp_path: Path, text: str | bytes, name: str = "a.param") -> dict[str, float | int]:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_params(file)


# -- files of the cases


def test_a_decimal_comma_is_refused_with_file_and_line() -> None:
    with pytest.raises(UserError, match=r"decimal_comma\.param:2: invalid value '0,135': .*decimal comma"):
        read_params(CASES / "decimal_comma.param")


def test_rows_of_another_component_are_named_and_left_alone() -> None:
    found = read_param_file(CASES / "qgc_two_components.params")
    assert found.values == {"RTL_ALT": 3000}
    assert found.notes == ["1 of component 154, not of the autopilot, left alone: RTL_ALT"]
    with pytest.raises(UserError, match="no parameters of component 7, only of 1, 154"):
        read_param_file(CASES / "qgc_two_components.params", component=7)


def test_whole_numbers_beyond_a_million_keep_all_digits() -> None:
    one, two = (read_params(CASES / f"digits_{letter}.param") for letter in "ab")
    differing = [name for name in one if not same_number(one[name], two[name])]
    assert differing == ["COMPASS_DEV_ID", "INS_ACC_ID"]
    assert [number_text(one[name]) for name in differing] == ["1311244", "2818058"]
    assert not same_number(read_params(CASES / "low_bits.param")["FLTMODE_GCSBLOCK"], 2097152, INT32)


# -- reading


@pytest.mark.parametrize(
    "text",
    [
        "A_B,0.5\nC,7\n",
        "#NOTE: saved 30.11.2026\r\nA_B,0.5\r\nC,7\r\n",
        "\ufeffA_B 0.5\nC    7   # a comment\n",
        "A_B\t5e-1\nC\t0x7\n",
        "A_B,0.5,\nC,7,# a comment\n",
        "A_B=0.5\nC = 7\n",
        "a_b, 0.50\nc , +7\n\n",
        "A_B .5 @READONLY\nC,7\nC,7.0\n",
        "# f\u00fcr Fl\u00fcge\nA_B,0.5\nC,7",
        '{"A_B": [0.5, 9], "C": 7}',
        "1\t1\tA_B\t0.500000000000000000\t9\n1\t1\tC\t7\t6\n",
        "1 1 A_B 0.5 9\n1 1 C 7 6\n",
    ],
)
def test_names_and_values_are_read_from_every_layout(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == {"A_B": 0.5, "C": 7}


def test_files_of_windows_editors_are_read(tmp_path: Path) -> None:
    text = "#f\u00fcr Fl\u00fcge\r\nA,1\r\n"
    assert read(tmp_path, text.encode("cp1252")) == read(tmp_path, text.encode("utf-16")) == {"A": 1}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("A,1\nB,2,3,4\n", r"a\.param:2: invalid row: 4 columns instead of name and value"),
        ("A,1\nB 2 3\n", r"a\.param:2: invalid row: 3 columns"),
        ("A;1\n", r"a\.param:1: invalid row: 1 columns"),
        ("A\n", r"a\.param:1: invalid row: 1 columns"),
        (",\n", r"a\.param:1: invalid row"),
        ("A 0,135\n", r"a\.param:1: invalid value '0,135': it has a decimal comma"),
        ("A=0,5\n", r"a\.param:1: invalid value '0,5': it has a decimal comma"),
        ("A\t-0,5\n", r"a\.param:1: invalid value '-0,5': it has a decimal comma"),
        ("A,1\nB,1_000\n", r"a\.param:2: invalid value '1_000': not a number"),
        ("A,five\n", r"a\.param:1: invalid value 'five': not a number"),
        ("A,1e39\n", r"a\.param:1: invalid value '1e39': too large"),
        ("A,1\nB,2\nA,3\n", r"a\.param:3: .*A is 3 here and 1 in .*a\.param:1 .*; keep one of them"),
        ("A,1\n\u0661,2\n", r"a\.param:2: invalid parameter name"),
        ("1\t1\tA\t0.5\t6\n", r"a\.param:1: invalid value '0\.5': the parameter's type 6 is a whole number"),
        ("1\t1\tA\t0,5\t9\n", r"a\.param:1: invalid value '0,5': it has a decimal comma"),
        ("1\t1\tA\t5\t9\t3\n", r"a\.param:1: invalid row: 6 columns instead of 5"),
        ("1\t1\tA\t5\t9\n2\t1\tB\t5\t9\n", r"a\.param:2: .*rows of vehicles 1 and 2"),
        ("# nothing\n", r"a\.param: invalid parameter file: no parameters in it"),
        ('{"A": true}', r"invalid value of A: not a number"),
        ('{"A": 1, "A": 2}', r"A is 2 here and 1"),
        ("A\0B", "not a text file"),
    ],
)
def test_a_row_that_is_not_understood_whole_is_refused_with_its_line(
    tmp_path: Path, text: str, why: str
) -> None:
    with pytest.raises(UserError, match=why):
        read(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "A,nan\nB,1\n",
        "1\t1\tA\tnan\t9\n1\t1\tB\t1\t6\n",
        '{"A": null, "B": 1}',
        '{"A": NaN, "B": 1}',
        # As programs on Windows write it.
        "A,1.#QNAN\nB,1\n",
        "A,-1.#IND00 # a comment\nB,1#another\n",
        "A 1.#INF\nB 1\n",
        "1\t1\tA\t1.#QNAN0\t9\n1\t1\tB\t1\t6\n",
        "A,-nan(ind)\nB,1\n",
    ],
)
def test_a_parameter_without_a_number_is_named_and_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a"
    file.write_text(text)
    found = read_param_file(file)
    assert found.values == {"B": 1}
    assert found.notes == ["without a number in the file, left alone: A"]


# -- writing

VALUES = {
    value.name: value
    for value in (
        ParamValue("ATC_RAT_RLL_P", float32(0.135), REAL32),
        ParamValue("COMPASS_DEV_ID", 1311244, INT32),
        ParamValue("EARTH", float32(6_378_137.5), REAL32),
        ParamValue("LIMIT", float32(1e30), REAL32),
        ParamValue("SMALL", float32(1.23456789e-5), REAL32),
        ParamValue("TRIM", -3, INT8),
    )
}


@pytest.mark.parametrize("layout", FORMATS)
def test_a_written_file_with_nan_is_read_without_that_parameter(tmp_path: Path, layout: str) -> None:
    file = tmp_path / "a"
    write_params(file, {**VALUES, "ODD": ParamValue("ODD", float("nan"), REAL32)}, layout=layout)
    assert read_param_file(file).not_a_number == ("ODD",)
    assert read_params(file).keys() == VALUES.keys()


@pytest.mark.parametrize("layout", FORMATS)
def test_a_written_file_reads_back_with_the_same_values(tmp_path: Path, layout: str) -> None:
    file = tmp_path / "a"
    write_params(file, VALUES, layout=layout)
    found = read_params(file)
    assert {name: float32(value) for name, value in found.items()} == {
        name: float32(value.value) for name, value in VALUES.items()
    }
    assert found["COMPASS_DEV_ID"] == 1311244


def test_the_ending_chooses_qgroundcontrols_columns_or_name_and_value(tmp_path: Path) -> None:
    for name in ("a.params", "a.param", "a.json"):
        write_params(tmp_path / name, VALUES, source=address(3, 1), about=["Stack: PX4"])
    qgc = (tmp_path / "a.params").read_bytes().decode().split("\n")
    assert qgc[:5] == [
        "# Onboard parameters for Vehicle 3", "#", "# Stack: PX4", "#",
        "# Vehicle-Id\tComponent-Id\tName\tValue\tType",
    ]  # fmt: skip
    assert qgc[5:7] == ["3\t1\tATC_RAT_RLL_P\t0.135\t9", "3\t1\tCOMPASS_DEV_ID\t1311244\t6"]
    lines = (tmp_path / "a.param").read_bytes().decode().split("\n")
    assert lines[:4] == ["ATC_RAT_RLL_P,0.135", "COMPASS_DEV_ID,1311244", "EARTH,6378137.5", "LIMIT,1e+30"]
    assert json.loads((tmp_path / "a.json").read_text())["ATC_RAT_RLL_P"] == [0.135, 9]


# -- numbers


@given(st.integers(0, 2**32 - 1))
def test_every_float_of_the_aircraft_reads_back_from_its_text(bits: int) -> None:
    (value,) = struct.unpack("<f", struct.pack("<I", bits))
    if value - value == 0:
        assert float32(parse_number(number_text(value), "")) == value
        assert len(number_text(value)) <= 16


@given(st.integers(-(2**31), 2**32 - 1))
def test_every_whole_number_of_the_aircraft_is_written_with_all_digits(value: int) -> None:
    assert number_text(value) == str(value)
    assert parse_number(number_text(value), "") == value
    assert not same_number(value, value + 1)


@pytest.mark.parametrize(
    ("one", "two", "kind", "same"),
    [
        (500.25, 500.2504, REAL32, True),
        (500.25, 500.26, REAL32, False),
        (float32(0.135), 0.135, REAL32, True),
        (16777216.0, 16777217, REAL32, True),  # a 32-bit float cannot hold the second
        (16777216, 16777217, INT32, False),
        (2097152.0, 2097153, REAL32, False),
        (float("nan"), float("nan"), REAL32, True),
        (float("nan"), 0, REAL32, False),
        (1e30, float("inf"), REAL32, False),
    ],
)
def test_values_are_compared_as_the_aircraft_can_store_them(
    one: float, two: float, kind: int, same: bool
) -> None:
    assert same_number(one, two, kind) is same
