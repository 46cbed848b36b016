"""Suggestions for mistyped names."""

from __future__ import annotations

import pytest

from controller.near_names import did_you_mean, near_names
from controller.vehicle.param_load import suggestion

COPTER = ["RTL_ALT", "RTL_ALT_FINAL", "RTL_LOIT_TIME", "WPNAV_SPEED", "TERRAIN_ENABLE"]


def test_near_names_are_found_in_any_case_the_nearest_first() -> None:
    assert near_names("Tpc", ["serial", "tcp", "udp"]) == ["tcp"]
    assert near_names("rtl_atl", COPTER, most=2) == ["RTL_ALT", "RTL_ALT_FINAL"]
    assert near_names("zzz", COPTER) == []


def test_suggestions_are_one_clause_of_an_error() -> None:
    assert did_you_mean(["a", "b"]) == "; did you mean a or b?"
    assert did_you_mean([]) == ""


@pytest.mark.parametrize(
    ("typed", "known", "found"),
    [
        ("WPNAV_SPED", COPTER, "; did you mean WPNAV_SPEED?"),
        ("RTL_RETRUN_ALT", [*COPTER, "RTL_RETURN_ALT"], "; did you mean RTL_RETURN_ALT?"),
        # Of another autopilot: the nearest of its group.
        ("RTL_RETRUN_ALT", COPTER, "; did you mean RTL_ALT or RTL_ALT_FINAL?"),
        ("XYZ_RETURN_ALT", COPTER, ""),
    ],
)
def test_a_mistyped_parameter_gets_the_names_that_look_like_it(
    typed: str, known: list[str], found: str
) -> None:
    assert suggestion(typed, known) == found
