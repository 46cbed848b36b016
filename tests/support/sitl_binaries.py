"""Programs with the command lines of PX4's and ArduPilot's SITL binaries, which run the emulated autopilots."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from hil.airframes.load import bundled_airframes, load_airframe
from hil.bridges.process.fake_autopilot import fly
from hil.bridges.px4.airframe import airframe_params
from hil.geodesy import Home
from tests.support.cli import ROOT
from tests.support.px4_params import UNKNOWN, Params, make_etc, start_up


def make_px4(folder: Path, *, without: Iterable[str] = ()) -> Path:
    """Create a build folder like PX4's, with start-up files; return the binary."""
    make_etc(folder / "etc", without=without)
    return _program(folder / "bin" / "px4")


def make_ardupilot(folder: Path, vehicle: str = "arducopter") -> Path:
    """Create a binary like ArduPilot's; return it."""
    return _program(folder / vehicle)


def _program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.support.sitl_binaries import main\nmain(sys.argv)\n",
        encoding="utf-8",
    )
    path.chmod(0o755)
    return path


def main(argv: list[str]) -> None:
    """Run as the program named `argv[0]`; unknown options are errors, as for the real ones."""
    name = Path(argv[0]).name
    _px4(argv[1:]) if name == "px4" else _ardupilot(name, argv[1:])


def _px4(arguments: list[str]) -> None:
    options = argparse.ArgumentParser()
    options.add_argument("-i", type=int, required=True)
    options.add_argument("-d", action="store_true", required=True)
    options.add_argument("data")
    given = options.parse_args(arguments)
    assert Path(given.data) == Path.cwd(), "another folder would be linked to"
    params = start_up(Path.cwd(), os.environ)
    matching = [name for name in bundled_airframes() if _has(params, airframe_params(load_airframe(name)))]
    airframe = matching[0]
    sys.stdout.write(f"INFO  [px4] instance: {given.i}\n")
    log = Path("log", "2026-01-01", "10_00_00.ulg")
    log.parent.mkdir(parents=True)
    log.write_bytes(b"ULog\x01\x12\x35")
    ports = f"tcp:127.0.0.1:{4560 + given.i}", f"udpin:127.0.0.1:{18570 + given.i}"
    asyncio.run(fly(*ports, airframe=airframe))


def _has(params: Params, expected: Mapping[str, float]) -> bool:
    return all(
        name in UNKNOWN or abs(params[name] - value) < 1e-6 * (1 + abs(value))
        for name, value in expected.items()
    )


def _ardupilot(vehicle: str, arguments: list[str]) -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--wipe", action="store_true")
    for name in ("--model", "--instance", "--sim-port-out", "--home", "--speedup", "--defaults", "--serial0"):
        options.add_argument(name, required=True)
    given = options.parse_args(arguments)
    defaults = dict(line.split() for line in Path(given.defaults).read_text(encoding="ascii").splitlines())
    airframe, name, value = {
        "arducopter": ("quad_x", "FRAME_CLASS", "1"),
        "arduplane": ("plane", "SERVO2_FUNCTION", "19"),
        "ardurover": ("rover", "SERVO3_FUNCTION", "74"),
    }[vehicle]
    assert defaults[name] == value
    kind, host, port = given.serial0.split(":")
    assert (kind, given.model) == ("udpclient", "JSON:127.0.0.1")
    lat, lon, alt, heading = (float(part) for part in given.home.split(","))
    sys.stdout.write(f"Starting SITL: JSON, instance {given.instance}\n")
    Path("eeprom.bin").touch()
    Path("logs").mkdir()
    Path("logs", "00000001.BIN").touch()
    home = Home(lat, lon, alt, heading)
    asyncio.run(
        fly(f"udpout:127.0.0.1:{given.sim_port_out}", f"udpout:{host}:{port}", home=home, airframe=airframe)
    )
