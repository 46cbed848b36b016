"""An airframe file with a mistake is refused with one line that names file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.airframes.load import SHIPPED, load_airframe, shipped_airframes
from hil.errors import AirframeError

GOOD = (SHIPPED / "quad_x.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", shipped_airframes("multirotor", "vtol"))
def test_every_shipped_airframe_with_rotors_hovers_between_35_and_50_percent(name: str) -> None:
    airframe = load_airframe(name)
    assert 0.35 < airframe.params[0] * 9.80665 / airframe.full_thrust_n < 0.50


def test_a_users_own_file_loads_by_its_path(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(GOOD.replace('name = "quad_x"', 'name = "mine"'), encoding="utf-8")
    assert load_airframe(mine).name == "mine"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("mass_kg = 1.5", "mass_kg = -1.5", "body.mass_kg must be between 0.05 and 200, is -1.5"),
        ("mass_kg = 1.5", "mass_kg = nan", "body.mass_kg must be finite"),
        ("mass_kg = 1.5", 'mass_kg = "1.5"', "body.mass_kg must be a number, has '1.5'"),
        ("mass_kg = 1.5", "mass = 1.5", "body.mass is unknown; did you mean mass_kg?"),
        ("mass_kg = 1.5\n", "", "body.mass_kg is missing"),
        (
            "mass_kg = 1.5",
            "mass_kg = 5.0",
            "propulsion cannot hover: full thrust is 34.2 N, the weight 49.0 N",
        ),
        (
            "[0.029125, 0.029125, 0.055225]",
            "[0.029125, 0.029125]",
            "body.inertia_kg_m2 must be a list of 3 numbers",
        ),
        ("[0.029125, 0.029125, 0.055225]", "[0.01, 0.01, 0.05]", "body.inertia_kg_m2 is no rigid body's"),
        ('turns = "cw"', 'turns = "left"', 'rotors[2].turns must be "cw" or "ccw"'),
        ('turns = "cw"', 'turns = "ccw"', "rotors cannot be steered"),
        ("[ground]", "[grund]", "grund is unknown; did you mean ground?"),
        ('kind = "multirotor"', 'kind = "balloon"', "kind must be one of multirotor"),
        ("format = 1", "format = 2", "format must be 1, is 2"),
        ("ocv_v = [10.62", "ocv_v = [17.0", "battery.ocv_v must not fall with rising charge"),
        ("format = 1", "format = ", "is not TOML"),
    ],
)
def test_a_mistake_is_one_line_with_file_and_key(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    broken = tmp_path / "broken.toml"
    broken.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(AirframeError) as caught:
        load_airframe(broken)
    line = str(caught.value)
    assert complaint in line
    assert line.startswith(str(broken))
    assert "\n" not in line


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(AirframeError, match=r"there are: .*quad_x"):
        load_airframe("quadx")


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(AirframeError, match="cannot be read: No such file"):
        load_airframe(tmp_path / "absent.toml")
