"""A mistake in an airframe file is one error line with file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.airframes.feasibility import full_thrust_voltage_v
from hil.airframes.load import BUNDLED, bundled_airframes, load_airframe
from hil.errors import AirframeError

GOOD = (BUNDLED / "quad_x.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", bundled_airframes("multirotor", "vtol"))
def test_every_bundled_airframe_with_rotors_hovers_between_35_and_50_percent(name: str) -> None:
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
        (
            "[0.029125, 0.029125, 0.055225]",
            "[0.01, 0.01, 0.05]",
            "body.inertia_kg_m2 is impossible for a rigid body",
        ),
        ('turns = "cw"', 'turns = "left"', 'rotors[2].turns must be "cw" or "ccw"'),
        ('turns = "cw"', 'turns = "ccw"', "rotors cannot be steered"),
        ("[ground]", "[grund]", "grund is unknown; did you mean ground?"),
        ('kind = "multirotor"', 'kind = "balloon"', "kind must be one of multirotor"),
        ("format = 1", "format = 2", "format must be 1, is 2"),
        ("ocv_v = [10.62", "ocv_v = [17.0", "battery.ocv_v must not fall with rising charge"),
        ("format = 1", "format = ", "invalid TOML"),
        ("format = 1", "format = true", "format must be 1, is True"),
        ('kind = "multirotor"', "", "kind is missing: it must be one of multirotor"),
        ("mass_kg = 1.5", f"mass_kg = {'9' * 400}", "body.mass_kg must be finite, is 9999"),
        ("mass_kg = 1.5", f"mass_kg = {'9' * 5000}", "invalid TOML"),
        ("mass_kg = 1.5", f"mass_kg = {'[' * 5000}", "invalid TOML"),
        ("mass_kg = 1.5", f"mass_kg = '{'9' * 5000}'", "characters)"),
        # hover on its battery
        ("at_voltage_v = 15.2", "at_voltage_v = 1000.0", "battery is too weak to hover: 16.41 V when full"),
        ("resistance_ohm = 0.02", "resistance_ohm = 1e30", "drop to 8.2 V at full thrust"),
        (
            "ocv_v = [10.62, 14.70, 14.90, 14.99, 15.09, 15.21, 15.36, 15.55, 15.78, 16.07, 16.41]",
            "ocv_v = [2.65, 3.67, 3.72, 3.75, 3.77, 3.80, 3.84, 3.89, 3.94, 4.02, 4.10]",
            "battery is too weak to hover: 4.1 V when full",
        ),
        (
            "thrust_coef_n_s2 = 8.54858e-06\nmoment_coef_m = 0.016",
            "thrust_coef_n_s2 = 1.5e-4\nmoment_coef_m = 0.1",
            "propulsion is not plausible: full thrust is",
        ),
        (
            "rotor_drag_coef = 8.06428e-05",
            "rotor_drag_coef = 10.0",
            "propulsion.rotor_drag_coef is too large",
        ),
        # the ground
        (
            "stiffness_n_m = 735.0",
            "stiffness_n_m = 1e9",
            "ground.stiffness_n_m and damping_n_s_m make ground contact unstable",
        ),
        (
            "damping_n_s_m = 25.0",
            "damping_n_s_m = 1e5",
            "ground.stiffness_n_m and damping_n_s_m make ground contact unstable",
        ),
        (
            "damping_n_s_m = 25.0",
            "damping_n_s_m = 0.2",
            "ground.stiffness_n_m and damping_n_s_m make ground contact unstable",
        ),
        ("[0.029125, 0.029125, 0.055225]", "[1e-6, 1e-6, 1e-6]", "body.inertia_kg_m2 is too small"),
        (
            "[[0.15, 0.15, 0.12], [0.15, -0.15, 0.12], [-0.15, 0.15, 0.12], [-0.15, -0.15, 0.12]]",
            "[[0.15, 0.15, 0.12], [0.15, -0.15, 0.12], [0.05, 0.15, 0.12], [0.05, -0.15, 0.12]]",
            "ground.feet_m must surround",
        ),
        ("[-0.15, -0.15, 0.12]]", "[-0.15, -0.15, -0.12]]", "ground.feet_m must lie below"),
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


def test_each_of_several_mistakes_has_its_line(tmp_path: Path) -> None:
    text = (BUNDLED / "quad_x.toml").read_text(encoding="utf-8")
    path = tmp_path / "my.toml"
    broken = text.replace("mass_kg", "mass_g", 1).replace("friction = ", "friction = -", 1)
    path.write_text(broken.replace('turns = "cw"', 'turns = "left"', 1), encoding="utf-8")
    with pytest.raises(AirframeError, match=r"body\.mass_g is unknown; did you mean mass_kg\?") as error:
        load_airframe(path)
    errors = [str(error.value), *error.value.__notes__]
    assert all(line.startswith(f"{path}: ") for line in errors)
    keys = [line.removeprefix(f"{path}: ").split()[0] for line in errors]
    assert keys[:3] == ["body.mass_g", "body.mass_kg", "ground.friction"]
    assert [key.partition(".")[2] for key in keys[3:]] == ["turns"]


def test_an_empty_file_is_reported_without_a_kind(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_text("", encoding="utf-8")
    with pytest.raises(AirframeError, match=r"empty\.toml: kind is missing: it must be one of multirotor"):
        load_airframe(tmp_path / "empty.toml")


def test_the_ending_may_be_in_capitals(tmp_path: Path) -> None:
    (tmp_path / "MINE.TOML").write_text(GOOD, encoding="utf-8")
    assert load_airframe(str(tmp_path / "MINE.TOML")).kind == "multirotor"


@pytest.mark.parametrize("name", bundled_airframes())
def test_an_invalid_number_is_refused_in_every_section(name: str, tmp_path: Path) -> None:
    """Replace each number of each section by invalid ones, one after the other."""
    lines = (BUNDLED / f"{name}.toml").read_text(encoding="utf-8").splitlines()
    broken = tmp_path / "broken.toml"
    for at, line in enumerate(lines):
        key, equals, value = line.partition(" = ")
        if not equals or value.startswith(('"', "#")) or line.startswith("#"):
            continue
        for bad in ("nan", "-1e40", "9" * 400):
            broken.write_text("\n".join([*lines[:at], f"{key} = {bad}", *lines[at + 1 :]]), encoding="utf-8")
            with pytest.raises(AirframeError) as caught:
                load_airframe(broken)
            assert "\n" not in str(caught.value)


def test_full_thrust_voltage_is_open_circuit_voltage_minus_current_times_resistance() -> None:
    row = load_airframe("quad_x").params
    volts = full_thrust_voltage_v(row)
    speed = 1000.0 * volts / 15.2
    shafts_w = 4.0 * 8.54858e-06 * speed**2 * 0.016 * speed
    assert 16.41 - 0.02 * (shafts_w / 0.75 + 6.0) / volts == pytest.approx(volts, abs=1e-6)
    assert 14.0 < volts < 16.0


def test_an_unknown_airframe_lists_the_known_ones() -> None:
    with pytest.raises(AirframeError, match=r"known: .*quad_x"):
        load_airframe("quadx")


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(AirframeError, match="cannot read file: No such file"):
        load_airframe(tmp_path / "absent.toml")
