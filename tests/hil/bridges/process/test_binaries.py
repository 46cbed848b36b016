"""Start of PX4's and ArduPilot's binaries, and a plan flown on them."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from pathlib import Path

import pytest

from controller.clock import SystemClock
from controller.errors import UserError
from controller.missions.files import save_plan
from controller.missions.plan import Plan
from hil.airframes.load import load_airframe
from hil.bridges.ardupilot.binary import ardupilot_launch, ardupilot_ports
from hil.bridges.process.hosted_binary import HostedAutopilot, collect_logs, stack_of
from hil.bridges.process.instances import Port, free_instance, free_udp_port, is_free
from hil.bridges.px4.binary import px4_ports
from hil.bridges.px4.start_up import write_start_up
from hil.bridges.world import World
from hil.errors import AirframeError, ScenarioError
from hil.geodesy import Home
from tests.support.bridge_missions import CIRCUIT, ROUND
from tests.support.cli import COMMAND, ROOT, environment, landline
from tests.support.px4_params import make_etc
from tests.support.sitl_binaries import make_ardupilot, make_px4

HOME = Home(47.4, 8.5, 488.25, 30.0)
PLAN = ROOT / "examples" / "inspection.plan"


def test_a_px4_outside_its_build_folder_is_one_clear_line(tmp_path: Path) -> None:
    alone = tmp_path / "px4"
    alone.touch()
    with pytest.raises(UserError, match=r"rcS.*px4_sitl_default"):
        HostedAutopilot(world=World(), binary=alone, kind="px4")


def test_ardupilot_gets_home_ports_frame_and_the_users_parameters(tmp_path: Path) -> None:
    launch = ardupilot_launch(
        tmp_path / "arducopter", load_airframe("octo_x"), HOME, instance=2, folder=tmp_path / "run", speed=5.0,
        params={"RTL_ALT": 3000.0, "BATT_MONITOR": 0.0}, physics_port=40001, ground_port=40002,
    )  # fmt: skip
    given = dict(zip(launch.argv[2::2], launch.argv[3::2], strict=True))
    assert given["--home"] == "47.40000000,8.50000000,488.250,30.0"
    assert (given["--instance"], given["--sim-port-out"], given["--speedup"]) == ("2", "40001", "5")
    assert given["--serial0"] == "udpclient:127.0.0.1:40002"
    lines = (launch.folder / given["--defaults"]).read_text(encoding="ascii").splitlines()
    set_to = dict(line.split(" ") for line in lines)
    assert len(set_to) == len(lines)
    assert (set_to["FRAME_CLASS"], set_to["FRAME_TYPE"]) == ("3", "1")
    assert (set_to["RTL_ALT"], set_to["BATT_MONITOR"]) == ("3000", "0")
    assert float(set_to["INS_ACCOFFS_X"]) != 0.0


def test_an_airframe_without_an_ardupilot_frame_is_refused_before_the_start(tmp_path: Path) -> None:
    mirrored = tmp_path / "mirrored.toml"
    text = (ROOT / "hil" / "airframes" / "quad_x.toml").read_text(encoding="utf-8")
    mirrored.write_text(
        text.replace('"ccw"', '"?"').replace('"cw"', '"ccw"').replace('"?"', '"cw"'), encoding="utf-8"
    )
    with pytest.raises(AirframeError, match="no ArduPilot frame has"):
        HostedAutopilot(
            world=World(airframe=str(mirrored)), binary=make_ardupilot(tmp_path), kind="ardupilot"
        )


def test_a_binary_of_another_vehicle_is_refused_with_the_right_one(tmp_path: Path) -> None:
    world = World(airframe="plane")
    with pytest.raises(UserError, match=r"cannot fly plane, a plane, with this binary.*use arduplane"):
        HostedAutopilot(world=world, binary=make_ardupilot(tmp_path), kind="ardupilot")


def test_the_first_instance_whose_ports_are_all_free_is_taken() -> None:
    taken: set[Port] = {("tcp", 4560), ("udp", 18571)}
    assert free_instance(px4_ports, free=lambda port: port not in taken) == 2
    assert free_instance(ardupilot_ports, free=lambda port: port != ("tcp", 5762)) == 1
    with pytest.raises(ScenarioError, match="no free instance"):
        free_instance(px4_ports, free=lambda _: False)


def test_a_port_in_use_is_not_free() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        number = held.getsockname()[1]
        assert not is_free(("udp", number))
    assert is_free(("udp", free_udp_port()))


@pytest.mark.parametrize(
    ("name", "given", "kind"),
    [
        ("px4", None, "px4"),
        ("arducopter-4.5", None, "ardupilot"),
        ("sitl", "px4", "px4"),
        ("px4", "ardupilot", "ardupilot"),
    ],
)
def test_a_binary_is_identified_by_its_name_or_by_the_option(name: str, given: str | None, kind: str) -> None:
    assert stack_of(Path(name), given) == kind


def test_an_unknown_name_asks_for_the_option() -> None:
    with pytest.raises(UserError, match="add --autopilot px4 or --autopilot ardupilot"):
        stack_of(Path("sitl"), None)


def test_logs_stay_and_other_files_of_the_autopilot_are_removed(tmp_path: Path) -> None:
    for name in ("log/2026-01-01/10_00_00.ulg", "logs/00000001.BIN", "logs/LASTLOG.TXT", "eeprom.bin",
                 "terrain/N47E008.DAT", "console.txt", "landline.parm"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    make_etc(tmp_path / "build")
    write_start_up(tmp_path / "build", tmp_path, load_airframe("quad_x"), {"CA_AIRFRAME": 0})
    shutil.move(tmp_path / "build", elsewhere := tmp_path.parent / "build")
    collect_logs(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "00000001.BIN", "10_00_00.ulg", "22000_landline", "console.txt", "landline.parm",
    ]  # fmt: skip
    assert (elsewhere / "init.d-posix" / "rcS").is_file()
    assert tmp_path.parent.is_dir()


@pytest.mark.realtime
async def test_a_binary_that_ends_at_once_ends_the_host_with_its_output(tmp_path: Path) -> None:
    binary = tmp_path / "arducopter"
    binary.write_text("#!/bin/sh\necho unknown option --serial0\nexit 1\n")
    binary.chmod(0o755)
    hosted = HostedAutopilot(world=World(), binary=binary, kind="ardupilot")
    with pytest.raises(Exception, match="exit code 1; last output: unknown option --serial0"):
        await hosted.run(tmp_path / "run", clock=SystemClock(), note=lambda _: None)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["px4", "ardupilot"])
def test_one_command_flies_a_plan_on_a_binary_and_leaves_logs_and_ground_truth(
    tmp_path: Path, kind: str
) -> None:
    binary = (make_px4 if kind == "px4" else make_ardupilot)(tmp_path / "build")
    ran = landline(
        "fly", PLAN, "--sim", "quad_x", "--autopilot-binary", binary, "--speed", "5", "--wind", "3,1,0", "--json",
        home=tmp_path, timeout_s=300.0,
    )  # fmt: skip
    assert (ran.code, ran.summary["outcome"]) == (0, "completed"), ran.err
    flight = Path(ran.summary["flight"])
    logs = {path.name for path in (flight / "autopilot").iterdir()}
    assert logs >= {"console.txt", "10_00_00.ulg" if kind == "px4" else "00000001.BIN"}
    events = [json.loads(line) for line in (flight / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    (note,) = [event for event in events if event.get("name") == "autopilot"]
    assert (note["autopilot"], note["binary"]) == (kind, binary.name)
    truth = (flight / "truth.csv").read_text(encoding="ascii").splitlines()[1:]
    heights = [float(line.split(",")[3]) for line in truth]
    assert max(heights) - heights[0] > 25.0
    assert "Position error of the estimate" in (flight / "report.html").read_text(encoding="utf-8")
    assert landline("logs", "verify", flight, home=tmp_path).code == 0


@pytest.mark.slow
@pytest.mark.parametrize(("airframe", "plan"), [("plane", CIRCUIT), ("rover", ROUND)])
def test_wings_and_wheels_finish_their_plan_on_px4s_binary(tmp_path: Path, airframe: str, plan: Plan) -> None:
    save_plan(plan, tmp_path / "a.plan")
    binary = make_px4(tmp_path / "build")
    ran = landline(
        "fly", tmp_path / "a.plan", "--sim", airframe, "--autopilot-binary", binary, "--speed", "5", "--json",
        home=tmp_path, timeout_s=300.0,
    )  # fmt: skip
    assert (ran.code, ran.summary["outcome"]) == (0, "completed"), ran.err


@pytest.mark.slow
def test_a_rovers_plan_is_driven_on_the_rover_binary(tmp_path: Path) -> None:
    save_plan(ROUND, tmp_path / "round.plan")
    binary = make_ardupilot(tmp_path / "build", "ardurover")
    ran = landline(
        "fly", tmp_path / "round.plan", "--sim", "rover", "--autopilot-binary", binary, "--speed", "5", "--json",
        home=tmp_path, timeout_s=300.0,
    )  # fmt: skip
    assert (ran.code, ran.summary["outcome"]) == (0, "completed"), ran.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "some"),
    [
        (("ardupilot", "--port", "0"), {"SERVO2_FUNCTION 19", "AIRSPEED_CRUISE 22", "BATT_MONITOR 4"}),
        (
            ("px4", "--link", "tcpin:127.0.0.1:0"),
            {"PWM_MAIN_FUNC3 202", "CA_SV_CS1_TYPE 3", "FW_AIRSPD_TRIM 22"},
        ),
    ],
)
async def test_the_parameters_of_an_airframe_are_written_to_a_file(
    tmp_path: Path, options: tuple[str, ...], some: set[str]
) -> None:
    bridge = await asyncio.create_subprocess_exec(
        *COMMAND, "hil", *options, "--airframe", "plane", "--params", tmp_path / "plane.parm", "--json",
        cwd=ROOT, env=environment(tmp_path), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert bridge.stdout is not None
    assert json.loads(await bridge.stdout.readline())["event"] == "ready"
    bridge.terminate()
    await bridge.wait()
    lines = (tmp_path / "plane.parm").read_text(encoding="ascii").splitlines()
    assert some <= set(lines)
