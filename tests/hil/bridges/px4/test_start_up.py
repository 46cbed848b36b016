"""Start-up of a PX4 started by Landline: its scripts run, and the parameters are right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from controller.errors import UserError
from hil.airframes.load import bundled_airframes, load_airframe
from hil.bridges.process.hosted_binary import HostedAutopilot
from hil.bridges.process.program import Launch
from hil.bridges.px4 import start_up as px4_start_up
from hil.bridges.px4.airframe import airframe_params
from hil.bridges.px4.binary import params_from_environment, px4_ground_url, px4_launch
from hil.bridges.px4.start_up import airframe_text
from hil.bridges.world import World
from tests.support.px4_params import UNKNOWN, Params, make_etc, start_up
from tests.support.sitl_binaries import make_px4

ROVER_FILES = ("rc.rover_differential_defaults", "rc.rover_defaults")


def launched(folder: Path, airframe: str, **params: float) -> Launch:
    binary = make_px4(folder / "build")
    return px4_launch(
        binary, load_airframe(airframe), instance=3, folder=folder / "run", speed=2.0, params=params
    )


def effective(folder: Path, airframe: str, **params: float) -> Params:
    launch = launched(folder, airframe, **params)
    return start_up(launch.folder, launch.env)


@pytest.mark.parametrize("airframe", bundled_airframes())
def test_px4_uses_every_value_of_the_airframe(tmp_path: Path, airframe: str) -> None:
    wanted = {name: v for name, v in airframe_params(load_airframe(airframe)).items() if name not in UNKNOWN}
    got = effective(tmp_path, airframe)
    assert {name: got[name] for name in wanted} == pytest.approx(wanted)


def test_default_values_set_before_the_airframe_are_lost(tmp_path: Path) -> None:
    make_etc(tmp_path / "etc")
    before = {"PX4_PARAM_CA_ROTOR0_PX": "0", "PX4_PARAM_CA_ROTOR1_PX": "0.2", "PX4_SIM_MODEL": "none_iris"}
    got = start_up(tmp_path, before)
    assert (got["CA_ROTOR0_PX"], got["CA_ROTOR1_PX"]) == (0.1515, 0.2)
    assert effective(tmp_path / "ours", "quad_plus")["CA_ROTOR0_PX"] == 0.0


def test_the_users_parameters_override_those_of_airframe_and_simulator(tmp_path: Path) -> None:
    # 110 is PX4's default of the delay, which its script for simulators sets to 10 afterwards.
    got = effective(tmp_path, "plane", FW_THR_MAX=0.8, EKF2_GPS_DELAY=110.0, MIS_TAKEOFF_ALT=2.5)
    assert [got[name] for name in ("FW_THR_MAX", "EKF2_GPS_DELAY", "MIS_TAKEOFF_ALT")] == [0.8, 110.0, 2.5]


def test_exported_parameters_override_all_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PX4_PARAM_MIS_TAKEOFF_ALT", "7")
    assert effective(tmp_path, "plane", MIS_TAKEOFF_ALT=5.0)["MIS_TAKEOFF_ALT"] == 7.0
    monkeypatch.setenv("PX4_PARAM_RWTO_TKOFF", "1")  # the same as Landline's
    launch = launched(tmp_path / "again", "plane", MIS_TAKEOFF_ALT=5.0)
    (line,) = launch.overrides()
    assert line.startswith("environment variable PX4_PARAM_MIS_TAKEOFF_ALT=7 replaces 5;")
    odd = {"PX4_PARAM_A": "1.5", "PX4_PARAM_B": "x", "PX4_PARAM_C": "nan", "PX4_PARAM_D;E": "1", "HOME": "2"}
    assert params_from_environment(odd) == {"A": 1.5}


@pytest.mark.parametrize(("airframe", "kind"), [("quad_plus", 2), ("hexa_x", 13), ("octo_coax_x", 14)])
def test_the_vehicle_type_has_the_number_of_rotors(airframe: str, kind: int) -> None:
    assert airframe_params(load_airframe(airframe))["MAV_TYPE"] == kind


def test_px4_gets_instance_folder_and_speed(tmp_path: Path) -> None:
    launch = launched(tmp_path, "hexa_x")
    binary = tmp_path / "build" / "bin" / "px4"
    assert launch.argv == (str(binary), "-i", "3", "-d", str((tmp_path / "run").resolve()))
    assert launch.env == {"PX4_SIM_MODEL": "landline", "PX4_SIM_SPEED_FACTOR": "2"}


def test_whole_numbers_keep_all_their_digits(tmp_path: Path) -> None:
    assert effective(tmp_path, "quad_x", LND_FLIGHT_T_LO=1634532234.0)["LND_FLIGHT_T_LO"] == 1634532234.0


def test_neither_a_name_nor_a_parameter_becomes_a_command(tmp_path: Path) -> None:
    named = replace(load_airframe("quad_x"), name="q\ntouch hit #")
    assert "\ntouch" not in airframe_text(named, "rc.mc_defaults", {})
    with pytest.raises(UserError, match="invalid parameter name"):
        airframe_text(named, "rc.mc_defaults", {"A; touch hit": 1.0})


def test_an_airframe_of_the_same_number_in_the_build_is_not_flown_instead(tmp_path: Path) -> None:
    build = tmp_path / "build" / "etc" / "init.d-posix" / "airframes"
    launched(tmp_path, "quad_x")
    (build / "22000_zzz").write_text("param set-default CA_ROTOR_COUNT 9\n", encoding="utf-8")
    (build / "22000_landline").write_text("", encoding="utf-8")
    assert effective(tmp_path, "quad_plus")["CA_ROTOR_COUNT"] == 4.0
    assert (build / "22000_landline").read_text(encoding="utf-8") == ""


def test_a_folder_with_a_space_is_refused(tmp_path: Path) -> None:
    (tmp_path / "my flights").mkdir()
    with pytest.raises(UserError, match="do not support spaces in the path"):
        launched(tmp_path / "my flights", "quad_x")


def test_its_start_up_files_are_those_of_its_build(tmp_path: Path) -> None:
    run, build = launched(tmp_path, "quad_x").folder, tmp_path / "build"
    assert not (run / "etc").is_symlink()
    for file in ("init.d-posix/rcS", "init.d/rc.mc_defaults", "init.d-posix/airframes/10016_none_iris"):
        assert (run / "etc" / file).samefile(build / "etc" / file)
    assert not any((build / "etc").rglob("*landline*"))


def test_without_symbolic_links_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    assert effective(tmp_path, "quad_plus")["CA_ROTOR_COUNT"] == 4.0


@pytest.mark.parametrize(("file", "other"), [ROVER_FILES, ROVER_FILES[::-1]])
def test_a_rover_uses_the_controllers_of_the_build(tmp_path: Path, file: str, other: str) -> None:
    (tmp_path / "init.d").mkdir()
    rover = load_airframe("rover")
    with pytest.raises(
        UserError, match=f"no controllers for a rover: .* no {ROVER_FILES[0]} and no {ROVER_FILES[1]}"
    ):
        px4_start_up.defaults_file(tmp_path, rover)
    (tmp_path / "init.d" / file).touch()
    assert px4_start_up.defaults_file(tmp_path, rover) == file != other


def test_a_build_without_a_kind_is_refused_before_anything_starts(tmp_path: Path) -> None:
    binary = make_px4(tmp_path / "build", without=ROVER_FILES)
    with pytest.raises(UserError, match=r"no controllers for a rover.*boardconfig"):
        HostedAutopilot(world=World(airframe="rover"), binary=binary, kind="px4")


def test_changes_by_the_users_environment_are_reported() -> None:
    launch = Launch(("px4",), Path(), {"PX4_SIM_MODEL": "landline", "A": "1"}, heeded=("PX4_SIMULATOR", "B"))
    sent = launch.overrides({"PX4_SIM_MODEL": "gz_x500", "PX4_SIMULATOR": "gz", "A": "1", "B": ""})
    assert [line.split("; ")[0] for line in sent] == [
        "environment variable PX4_SIM_MODEL=gz_x500 replaces landline",
        "environment variable PX4_SIMULATOR=gz changes the start",
    ]


def test_px4_is_connected_on_a_port_without_another_peer() -> None:
    assert px4_ground_url(2, free=lambda _: True) == "udpout:127.0.0.1:18572"
    assert px4_ground_url(2, free=lambda port: port != ("udp", 14550)) == "udpout:127.0.0.1:14582"
    assert px4_ground_url(12, free=lambda port: port == ("udp", 14549)) == "udpout:127.0.0.1:14592"
    with pytest.raises(UserError, match=r"UDP 14550 and 14542.*close QGroundControl"):
        px4_ground_url(2, free=lambda _: False)
