"""Other ground stations on `landline sim`: they connect, upload missions and fly."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pymavlink import mavutil

from hil.autopilot.services.params import load

pytestmark = pytest.mark.slow

SPEED = 4
HOME = "-35.362881,149.165222,582,0"
SQUARE = """QGC WPL 110
0\t1\t0\t16\t0\t0\t0\t0\t-35.362881\t149.165222\t582\t1
1\t0\t3\t22\t0\t0\t0\t0\t0\t0\t10\t1
2\t0\t3\t16\t0\t0\t0\t0\t-35.362700\t149.165222\t10\t1
3\t0\t3\t16\t0\t0\t0\t0\t-35.362700\t149.165500\t10\t1
4\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1
"""


@contextmanager
def simulated(*options: str, link: str = "tcpin:127.0.0.1:0") -> Iterator[str]:
    """Run `landline sim` for the block; yields the URL of its link."""
    command = [
        sys.executable,
        "-m",
        "controller.cli.main",
        "sim",
        "--json",
        "--link",
        link,
        f"--home={HOME}",
        *options,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline())
            assert ready["event"] == "ready"
            yield ready["links"][0]
        finally:
            process.terminate()


def port_of(url: str) -> str:
    return url.rpartition(":")[2]


def test_a_pymavlink_script_arms_takes_off_and_lands() -> None:
    with simulated(f"--speed={SPEED}") as url:
        link = mavutil.mavlink_connection(f"tcp:127.0.0.1:{port_of(url)}")
        try:
            link.wait_heartbeat(timeout=20)
            link.mav.request_data_stream_send(1, 1, mavutil.mavlink.MAV_DATA_STREAM_ALL, 4, 1)
            received(link, "GPS_RAW_INT", lambda message: message.fix_type >= 3)
            received(link, "EKF_STATUS_REPORT", lambda message: message.flags & 0x10)
            link.set_mode("GUIDED")
            received(link, "HEARTBEAT", lambda message: message.custom_mode == 4)
            link.arducopter_arm()
            link.motors_armed_wait()
            link.mav.command_long_send(1, 1, mavutil.mavlink.MAV_CMD_NAV_TAKEOFF, 0, 0, 0, 0, 0, 0, 0, 10)
            received(link, "GLOBAL_POSITION_INT", lambda message: message.relative_alt > 9500)
            link.set_mode("LAND")
            received(link, "HEARTBEAT", lambda message: not message.base_mode & 128, within_s=60)
            assert link.messages["GLOBAL_POSITION_INT"].relative_alt < 1000
        finally:
            link.close()


def received(link, name, fits, *, within_s=30.0):  # type: ignore[no-untyped-def] # pymavlink has no types
    """Return the next message of this name for which `fits` is true."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        message = link.recv_match(type=name, blocking=True, timeout=1)
        if message is not None and fits(message):
            return message
    raise AssertionError(f"no such {name} within {within_s} s")


class MavProxy:
    """A running MAVProxy with its terminal."""

    def __init__(self, url: str, folder: Path) -> None:
        program = shutil.which("mavproxy.py", path=str(Path(sys.executable).parent)) or shutil.which(
            "mavproxy.py"
        )
        if program is None:
            pytest.skip("MAVProxy is not installed")
        master = f"--master=tcp:127.0.0.1:{port_of(url)}"
        command = [program, master, f"--state-basedir={folder}", "--streamrate=4"]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip())

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def until(self, text: str, *, within_s: float = 30.0) -> str:
        """Return the next line that contains this text."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            try:
                line = self._lines.get(timeout=0.2)
            except queue.Empty:
                continue
            self.lines.append(line)
            if text in line:
                return line
        raise AssertionError(f"MAVProxy did not print {text!r}, but:\n" + "\n".join(self.lines[-40:]))

    def close(self) -> None:
        self.process.kill()  # it ignores SIGTERM while it reads
        self.process.wait(10)
        self._reader.join(10)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.mark.parametrize("mission", ["square", "copter_mission.txt"])
def test_mavproxy_reads_all_parameters_and_flies_a_mission(
    mission: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if mission == "square":
        (tmp_path / "square.txt").write_text(SQUARE)
        plan, items = tmp_path / "square.txt", 5
    else:
        plan, items = request.getfixturevalue("shared_data") / "missions" / "ardupilot" / mission, 13
    with simulated(f"--speed={SPEED}") as url:
        proxy = MavProxy(url, tmp_path)
        try:
            proxy.until(f"Received {len(load('ardupilot').values())} parameters", within_s=60)
            proxy.type(f"wp load {plan}")
            proxy.until(f"Loaded {items} waypoints")
            proxy.until("Flight plan received")
            proxy.type("mode guided")
            proxy.until("Mode GUIDED")
            proxy.type("arm throttle")
            proxy.until("ARMED")
            proxy.type("mode auto")
            proxy.until("Mode AUTO")
            proxy.type("rc 3 1500")
            proxy.until(f"Mission: {items - 1} RTL", within_s=120)
            proxy.until("DISARMED", within_s=60)
            proxy.type("param show RTL_ALT")
            proxy.until("RTL_ALT          1500")
        finally:
            proxy.close()


def test_mavproxy_reads_parameters_and_defaults_from_the_file(tmp_path: Path) -> None:
    with simulated() as url:
        proxy = MavProxy(url, tmp_path)
        try:
            count = len(load("ardupilot").values())
            proxy.until(f"Received {count} parameters (ftp)", within_s=60)
            proxy.type("param set RTL_ALT 2345")
            proxy.type("param ftp")
            proxy.until(f"Received {count} parameters (ftp)")
            proxy.type("param diff RTL*")
            proxy.until("RTL_ALT          2345.000000 1500.000000")
            proxy.type("ftp list @SYS")
            proxy.until("uarts.txt")
        finally:
            proxy.close()


MAVSDK_SCRIPT = """
import asyncio, sys
from mavsdk_grpc import System
from mavsdk_grpc.mission import MissionItem, MissionPlan

NAN = float("nan")

def item(home, north_m, east_m):
    place = (home.latitude_deg + north_m / 111320, home.longitude_deg + east_m / 90000)
    return MissionItem(*place, 10, 5, True, NAN, NAN, MissionItem.CameraAction.NONE, NAN, NAN, NAN, NAN, NAN,
                       MissionItem.VehicleAction.NONE)

async def first(stream, fits=lambda value: True):
    async for value in stream:
        if fits(value):
            return value

async def main():
    drone = System()
    await drone.connect(system_address=sys.argv[1])
    await first(drone.core.connection_state(), lambda state: state.is_connected)
    await first(drone.telemetry.health(), lambda health: health.is_armable and health.is_home_position_ok)
    home = await first(drone.telemetry.home())
    everything = await drone.param.get_all_params()
    assert len(everything.int_params) + len(everything.float_params) == int(sys.argv[2])
    metadata = asyncio.ensure_future(first(drone.component_metadata.metadata_available()))
    await drone.component_metadata.request_autopilot_component()
    assert "MIS_TAKEOFF_ALT" in str(await metadata)
    await drone.mission.set_return_to_launch_after_mission(True)
    await drone.mission.upload_mission(MissionPlan([item(home, 0, 0), item(home, 20, 0), item(home, 20, 20)]))
    assert len((await drone.mission.download_mission()).mission_items) == 3
    await drone.action.arm()
    await drone.mission.start_mission()
    await first(drone.mission.mission_progress(), lambda progress: progress.current == progress.total)
    await first(drone.telemetry.armed(), lambda armed: not armed)

asyncio.run(asyncio.wait_for(main(), 150))
"""


def test_mavsdk_flies_a_mission_on_emulated_px4(tmp_path: Path) -> None:
    pytest.importorskip("mavsdk_grpc", reason="MAVSDK's Python wrapper is not installed")
    (tmp_path / "script.py").write_text(MAVSDK_SCRIPT)
    with simulated("--autopilot=px4", link="udpout:127.0.0.1:14541"):
        count = str(len(load("px4").values()))
        command = [sys.executable, str(tmp_path / "script.py"), "udpin://127.0.0.1:14541", count]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
