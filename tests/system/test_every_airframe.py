"""`landline sim --airframe X` starts for each bundled airframe and sends its vehicle type."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pymavlink import mavutil

from hil.airframes.load import bundled_airframes

KINDS = {"hexa_x": 13, "octo_x": 14, "octo_coax_x": 14, "plane": 1, "elevon": 1, "quadplane": 22, "rover": 10}


@pytest.mark.slow
@pytest.mark.parametrize("name", bundled_airframes())
def test_it_starts_and_sends_its_vehicle_type(name: str) -> None:
    link = mavutil.mavlink_connection("udpin:127.0.0.1:0")
    port = link.port.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "controller.cli.main",
        "sim",
        "--airframe",
        name,
        f"--link=udpout:127.0.0.1:{port}",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        beat = link.recv_match(type="HEARTBEAT", blocking=True, timeout=90.0)
        assert beat is not None
        assert beat.type == KINDS.get(name, 2)
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(20.0)
        link.close()
