"""`landline params` with files, and with a scripted aircraft in virtual time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.cli import params as command
from controller.cli.common import Output
from controller.cli.param_output import written_so_far
from controller.protocol.state_machine import Progress
from controller.vehicle.param_load import LoadPlan
from tests.support.cli import landline_here
from tests.support.data_folders import CASES
from tests.support.scripted.params import PARAMS, Aircraft


@pytest.fixture
def aircraft(tmp_path: Path) -> Aircraft:
    return Aircraft(tmp_path)


# -- files alone


def test_two_files_are_compared_with_all_digits(tmp_path: Path) -> None:
    found = landline_here("params", "diff", CASES / "digits_a.param", CASES / "digits_b.param", home=tmp_path)
    assert found.out.splitlines() == [
        "COMPASS_DEV_ID   1311244 | 1311242",
        "INS_ACC_ID       2818058 | 2818059",
    ]


def test_files_without_differences_are_said_to_have_none(tmp_path: Path) -> None:
    file = CASES / "digits_a.param"
    found = landline_here("params", "diff", file, file, home=tmp_path)
    assert (found.code, found.out) == (0, "no differences\n")


def test_names_in_one_of_two_files_are_listed_for_both(tmp_path: Path) -> None:
    (tmp_path / "a.param").write_text("A,1\nB,2\n")
    (tmp_path / "b.param").write_text("B,2\nC,3\n")
    found = landline_here("params", "diff", tmp_path / "a.param", tmp_path / "b.param", home=tmp_path)
    assert found.out.splitlines() == [f"{'A':16} 1 | -", f"{'C':16} - | 3"]


def test_rows_of_another_component_are_named_by_diff(tmp_path: Path) -> None:
    (tmp_path / "b.param").write_text("RTL_ALT,3000\n")
    found = landline_here(
        "params", "diff", CASES / "qgc_two_components.params", tmp_path / "b.param", home=tmp_path
    )
    assert "of component 154, not of the autopilot, left alone: RTL_ALT" in found.err
    assert found.out == "no differences\n"


@pytest.mark.parametrize("name", ["load", "diff"])
def test_a_decimal_comma_ends_the_command_before_anything_is_sent(aircraft: Aircraft, name: str) -> None:
    found = aircraft.run(name, CASES / "decimal_comma.param")
    assert found.code == 2
    assert "decimal_comma.param:2: invalid value '0,135'" in found.err
    assert aircraft.sets == []


# -- an aircraft


@pytest.mark.parametrize(
    ("value", "shown"),
    [("-0.01", "-0.01"), ("-.5", "-0.5"), ("-1e-3", "-0.001"), ("0x10", "16"), ("+3", "3")],
)
def test_a_value_is_set_as_typed_without_dashes_before_it(aircraft: Aircraft, value: str, shown: str) -> None:
    found = aircraft.run("set", "ATC_RAT_RLL_P", value)
    assert (found.code, found.out) == (0, f"ATC_RAT_RLL_P 0.135 -> {shown}\n")


def test_a_value_with_a_decimal_comma_is_refused(aircraft: Aircraft) -> None:
    found = aircraft.run("set", "ATC_RAT_RLL_P", "0,2")
    assert found.code == 2
    assert "it has a decimal comma" in found.err
    assert aircraft.sets == []


def test_large_numbers_are_shown_in_full_or_with_an_exponent(aircraft: Aircraft) -> None:
    listed = aircraft.run("list").out.splitlines()
    assert f"{'FLTMODE_GCSBLOCK':16} 2097152" in listed
    assert f"{'LIMIT':16} 1e+30" in listed
    assert f"{'ATC_RAT_RLL_P':16} 0.135" in listed
    assert aircraft.run("get", "fltmode_gcsblock", "--json").summary["value"] == 2097152
    refused = aircraft.run("set", "RTL_ALT", "1e30")
    assert refused.code == 2
    assert "invalid value 1e+30: outside the parameter type's range" in refused.err


def test_a_parameter_that_needs_a_restart_is_named(aircraft: Aircraft) -> None:
    aircraft.stack = "px4"
    found = aircraft.run("set", "SYS_AUTOSTART", "4001")
    assert (found.code, found.out) == (0, "SYS_AUTOSTART 10040 -> 4001\n")
    assert "restart the autopilot: until then these have no effect: SYS_AUTOSTART" in found.err
    assert "restart" not in aircraft.run("set", "RTL_ALT", "2000").err


def test_an_unknown_name_is_refused_with_a_near_one(aircraft: Aircraft) -> None:
    found = aircraft.run("get", "RTL_ATL")
    assert found.code == 4
    assert "did you mean RTL_ALT" in found.err


def test_a_low_bit_is_one_difference_and_one_change(aircraft: Aircraft) -> None:
    file = CASES / "low_bits.param"
    assert aircraft.run("diff", file).out == f"{'FLTMODE_GCSBLOCK':16} 2097153 | 2097152\n"
    loaded = aircraft.run("load", file)
    assert loaded.out.splitlines() == [
        f"{'FLTMODE_GCSBLOCK':16} 2097152 -> 2097153", "1 parameters changed, 0 failed",
    ]  # fmt: skip
    assert aircraft.sets == ["FLTMODE_GCSBLOCK"]


def test_a_load_leaves_other_components_and_statistics_and_says_so(aircraft: Aircraft) -> None:
    file = aircraft.home / "a.params"
    rows = [(1, "RTL_ALT", 3000), (1, "STAT_BOOTCNT", 1), (154, "RTL_ALT", 10)]
    file.write_text("".join(f"1\t{component}\t{name}\t{value}\t6\n" for component, name, value in rows))
    found = aircraft.run("load", file, "--json")
    assert found.code == 0
    assert "1 of component 154, not of the autopilot, left alone: RTL_ALT" in found.err
    assert "left alone, the autopilot maintains them (--all writes them): STAT_BOOTCNT" in found.err
    assert aircraft.sets == ["RTL_ALT"]
    assert aircraft.values["RTL_ALT"] == 3000
    assert found.summary["changed"] == 1
    assert found.summary["left"] == ["STAT_BOOTCNT"]
    assert found.summary["changes"] == {"RTL_ALT": [1500, 3000]}


def test_a_load_with_a_wrong_name_writes_the_others_and_ends_with_4(aircraft: Aircraft) -> None:
    file = aircraft.home / "a.param"
    file.write_text("RTL_ATL,1\nRTL_ALT,2000\n")
    found = aircraft.run("load", file)
    assert found.code == 4
    assert "cannot write RTL_ATL: the aircraft has no such parameter; did you mean RTL_ALT?" in found.err
    assert found.out.splitlines()[-1] == "1 parameters changed, 1 failed"
    assert aircraft.values["RTL_ALT"] == 2000


def test_an_interrupted_load_names_what_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    plan = LoadPlan({value.name: (value, 0) for value in PARAMS}, {}, ())
    with (
        pytest.raises(asyncio.CancelledError),
        written_so_far(Output(), plan, lambda _: None) as show,
    ):
        show(Progress(2, len(PARAMS), "LIMIT"))
        raise asyncio.CancelledError
    assert (
        "interrupted: 2 of 6 parameters were written: ATC_RAT_RLL_P, FLTMODE_GCSBLOCK; the next one may"
        in capsys.readouterr().err
    )


def test_nothing_is_loaded_into_an_armed_aircraft(aircraft: Aircraft) -> None:
    aircraft.armed = True
    found = aircraft.run("load", CASES / "low_bits.param")
    assert found.code == 5
    assert "cannot load parameters: the aircraft is armed" in found.err
    assert aircraft.sets == []


def test_nothing_is_loaded_when_it_was_armed_while_the_question_was_open(
    aircraft: Aircraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def confirmed(count: int) -> bool:
        aircraft.scripted.armed = True
        await asyncio.sleep(3.0)
        return True

    monkeypatch.setattr(command, "confirmed", confirmed)
    assert aircraft.run("load", CASES / "low_bits.param").code == 5
    assert aircraft.sets == []


@pytest.mark.parametrize(("answer", "code", "sets"), [(True, 0, 1), (False, 130, 0)])
def test_a_load_is_confirmed_on_a_terminal(
    aircraft: Aircraft, monkeypatch: pytest.MonkeyPatch, answer: bool, code: int, sets: int
) -> None:
    asked: list[int] = []

    async def confirmed(count: int) -> bool:
        asked.append(count)
        return answer

    monkeypatch.setattr(command, "confirmed", confirmed)
    found = aircraft.run("load", CASES / "low_bits.param")
    assert (found.code, asked, len(aircraft.sets)) == (code, [1], sets)
    assert f"{'FLTMODE_GCSBLOCK':16} 2097152 -> 2097153" in found.out
    asked.clear()
    assert aircraft.run("load", CASES / "low_bits.param", "--yes").code == 0
    assert asked == []


@pytest.mark.parametrize(
    ("name", "options", "first"),
    [
        ("a.params", [], "# Onboard parameters for Vehicle 1"),
        ("a.param", [], "ATC_RAT_RLL_P,0.135"),
        ("a.txt", ["--format", "qgc"], "# Onboard parameters for Vehicle 1"),
        ("a.json", [], "{"),
    ],
)
def test_all_parameters_are_saved_in_the_format_of_a_ground_station(
    aircraft: Aircraft, name: str, options: list[str], first: str
) -> None:
    file = aircraft.home / name
    assert aircraft.run("save", file, *options).code == 0
    assert file.read_text().splitlines()[0] == first
    assert aircraft.run("diff", file).out == "no differences\n"


def test_an_unknown_format_is_refused(aircraft: Aircraft) -> None:
    found = aircraft.run("save", "a.txt", "--format", "csv")
    assert found.code == 2
    assert "invalid format 'csv': give qgc, lines or json" in found.err
