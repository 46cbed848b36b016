"""Flights with the ground box between the aircraft's radio and the ground station."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from controller.link.memory import memory_pair
from controller.link.sign import KeyFile, SignedLink
from controller.logs.box.record import verify_box_record
from controller.wire import messages as m
from hil.box.in_process import RADIO, RECORD, InProcessBox, box_config, run_box
from hil.sim.clock import VirtualClock, run_virtual
from hil.sim.radio import radio
from hil.sim.vehicle import SimVehicle
from tests.support.box.micropython import binary
from tests.support.cli import COMMAND, ROOT, environment, landline, landline_here
from tests.support.ground_station import Ground

PLAN = ROOT / "examples" / "inspection.plan"


def listened(folder: Path, *, until_s: float = 20.0) -> list[str]:
    """Return the messages that a ground station gets through the box, by name and time."""
    clock = VirtualClock()

    async def go() -> list[str]:
        ground, laptop = memory_pair("ground", "box")
        air, antenna = radio(RADIO)
        aircraft = SimVehicle("quad_x", seed=3, clock=clock)
        async with air, antenna, run_box(folder, laptop, antenna, clock=clock):
            station = Ground(ground)
            tasks = [
                asyncio.ensure_future(work) for work in (aircraft.run(air), station.listen(), station.beat())
            ]
            await asyncio.sleep(until_s)
            for task in tasks:
                task.cancel()
            return [f"{at:.3f} {message.name}" for at, message in station.messages("HEARTBEAT")]

    return run_virtual(go())


def test_the_same_seed_repeats_a_flight_through_the_box(tmp_path: Path) -> None:
    heard = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        heard.append(listened(tmp_path / name))
    assert len(heard[0]) > 30  # the aircraft's and the box's, once a second
    assert heard[0] == heard[1]
    assert (tmp_path / "one" / RECORD).read_bytes() == (tmp_path / "two" / RECORD).read_bytes()


def test_a_plan_is_flown_through_the_box_and_both_records_hold_the_same_frames(tmp_path: Path) -> None:
    ran = landline("fly", PLAN, "--sim", "quad_x", "--box", "--speed", "max", "--json", home=tmp_path)
    assert (ran.code, ran.summary["outcome"]) == (0, "completed"), ran.err
    checked = landline_here("logs", "verify", "last", "--json", home=tmp_path)
    box = next(event for event in checked.events if event["event"] == "box")
    assert box["ok"]
    assert box["told"] > 10
    assert box["frames"] > 0.95 * ran.summary["frames"]
    path = Path(ran.summary["flight"]) / RECORD
    raw = bytearray(path.read_bytes())
    raw[5 * 4096 + 300] ^= 1
    path.write_bytes(raw)
    found = landline_here("logs", "verify", "last", home=tmp_path)
    assert found.code == 6
    assert "block 5 was changed" in found.err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals as Linux has them")
def test_a_plan_is_flown_through_the_firmware_in_micropython_over_pseudo_terminals(tmp_path: Path) -> None:
    binary()
    ran = landline(
        "fly", PLAN, "--sim", "quad_x", "--box", "--speed", "5", "--json", home=tmp_path, timeout_s=300.0
    )
    assert (ran.code, ran.summary["outcome"]) == (0, "completed"), ran.err
    checked = landline("logs", "verify", "last", "--json", home=tmp_path)
    box = next(event for event in checked.events if event["event"] == "box")
    assert (box["ok"], box["told"] > 1) == (True, True)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals as Linux has them")
def test_the_boxs_record_survives_a_killed_ground_station(
    tmp_path: Path,
) -> None:
    binary()
    command = [*COMMAND, "fly", str(PLAN), "--sim", "quad_x", "--box", "--speed", "5", "--json"]
    flying = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert flying.stdout is not None
    with flying.stdout as lines:
        for line in lines:
            if json.loads(line).get("number") == 3:
                break
        flying.kill()
        flying.wait()
    folder = next((tmp_path / "flights").iterdir())
    assert verify_box_record(folder / RECORD).ok
    filled = landline("logs", "merge-box", folder, "--from", folder / RECORD, "--json", home=tmp_path)
    assert (filled.code, filled.summary["both"] > 20) == (0, True), filled.err
    assert landline("logs", "verify", folder, home=tmp_path).code == 0


def test_a_locked_box_forwards_only_frames_signed_by_the_ground_station(tmp_path: Path) -> None:
    clock = VirtualClock()
    (tmp_path / "box.key").write_bytes(bytes(range(32)))

    async def go() -> tuple[list[str], list[str]]:
        (ground, laptop), (air, antenna) = memory_pair("ground", "box"), radio(None)
        config = box_config(
            keys={"laptop": bytes(range(32)).hex()}, firewall={"locked": True}, dead_man={"enabled": False}
        )
        signed = SignedLink(ground, KeyFile(tmp_path, "box"), link_id=1, clock=clock, up_only=True)
        box = InProcessBox(config, laptop, antenna, clock=clock)
        aircraft = SimVehicle("quad_x", seed=3, clock=clock)
        async with air, antenna, signed:
            heard: list[list[str]] = []
            running = [asyncio.ensure_future(work) for work in (aircraft.run(air), box.run())]
            for link in (signed, ground):
                station = Ground(link)
                listening = asyncio.ensure_future(station.listen())
                await asyncio.sleep(3.0)
                await station.send(
                    m.COMMAND_LONG(command=512, target_system=1, target_component=1, param1=148)
                )
                await asyncio.sleep(2.0)
                heard.append([frame.name for _, frame in station.heard])
                listening.cancel()
            for task in running:
                task.cancel()
            return heard[0], heard[1]

    signed, unsigned = run_virtual(go())
    assert "AUTOPILOT_VERSION" in signed
    assert "AUTOPILOT_VERSION" not in unsigned
    assert "HEARTBEAT" in unsigned  # frames from the aircraft are forwarded
