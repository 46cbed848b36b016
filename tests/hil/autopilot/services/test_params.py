"""Parameter tables of the emulated autopilots."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hil.autopilot.services.params import load
from hil.errors import ScenarioError

ROOT = Path(__file__).parents[4]
FOLDERS = {"ardupilot": "arducopter", "arduplane": "arduplane", "px4": "px4"}
TABLES = (*FOLDERS, "arduplane+quadplane", "ardurover")


@pytest.mark.parametrize("table", FOLDERS)
def test_names_and_types_are_those_of_the_real_autopilot(table: str, shared_data: Path) -> None:
    real = json.loads((shared_data / "reference" / FOLDERS[table] / "params.json").read_text())
    for value in load(table).values():
        assert value.name in real, value.name
        assert value.type == real[value.name][1], value.name


def test_every_parameter_that_the_code_reads_is_in_a_table() -> None:
    known = {value.name for table in TABLES for value in load(table).values()}
    name = r'"([A-Z][A-Z0-9_]+)"'
    patterns = (rf"(?:params|\bp)\[{name}\]", rf"_param = {name}", rf"_param={name}", rf"_timed_out\({name}")
    read = set()
    for path in (ROOT / "hil" / "autopilot").rglob("*.py"):
        for pattern in patterns:
            read |= set(re.findall(pattern, path.read_text()))
    assert {"RNGFND1_TYPE", "MAV_SYSID", "SYS_FAILURE_EN", "FS_GCS_ENABL", "RTL_ALT"} <= read
    assert len(read) > 40
    assert read <= known


def test_parameter_names_fit_into_param_value() -> None:
    assert all(len(value.name) <= 16 for table in TABLES for value in load(table).values())


def test_a_change_of_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"px4 RTL_ALT: .*unknown parameter"):
        load("px4", changes={"RTL_ALT": 3.0})


def test_a_parameter_value_that_is_not_finite_is_refused() -> None:
    store = load("px4")
    assert not store.set("RTL_RETURN_ALT", float("nan"))
    assert store["RTL_RETURN_ALT"] == 30.0


def test_a_whole_number_given_as_a_float_is_stored_as_an_integer() -> None:
    store = load("px4", changes={"NAV_DLL_ACT": 3.0})
    held = next(value for value in store.values() if value.name == "NAV_DLL_ACT")
    assert (held.value, type(held.value)) == (3, int)
