"""A mistake in a rover's file is one error line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.airframes.load import BUNDLED, load_airframe
from hil.errors import AirframeError

GOOD = (BUNDLED / "rover.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "most_force_n = 60.0",
            "most_force_n = 2.0",
            "drive.most_force_n is too small to drive: both motors push 4.0 N",
        ),
        ("[0.0, -0.188, 0.13]", "[0.0, 0.188, 0.13]", "ground.feet_m must start with the left and the right"),
        ("friction = 0.6", "friction = 0.0", "ground.friction must be above 0"),
        ("efficiency = 0.7", "efficiency = 7.0", "drive.efficiency must be between 0.05 and 1, is 7"),
        ("[drive]", "[drives]", "drives is unknown; did you mean drive?"),
        ("cruise_m_s = 1.2\n", "", "cruise_m_s is missing"),
    ],
)
def test_a_mistake_is_one_line_with_file_and_key(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    broken = tmp_path / "broken.toml"
    broken.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(AirframeError) as caught:
        load_airframe(broken)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
