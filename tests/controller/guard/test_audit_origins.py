"""The audit hook: serial ports, what it only records, and which line of code made a refused attempt."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from controller.guard.audit import NetworkAudit
from controller.guard.policy import EndpointPolicy, EndpointRefused, LocalTarget
from tests.support.source_tree import ROOT

PLUGIN = """
import asyncio, socket, urllib.request
def send():
    socket.create_connection(("192.0.2.1", 80))
def again():
    socket.create_connection(("192.0.2.1", 80))
async def stream():
    await asyncio.open_connection("192.0.2.2", 80)
def page():
    urllib.request.urlopen("http://192.0.2.3/")
"""
RUN = """
import asyncio, importlib.util, json, sys
from controller.guard.audit import install
from controller.guard.policy import EndpointPolicy
record = install(EndpointPolicy())
spec = importlib.util.spec_from_file_location("plugin", sys.argv[1])
plugin = importlib.util.module_from_spec(spec)
spec.loader.exec_module(plugin)
def attempt(call):
    try:
        call()
    except OSError:
        pass
for name in ("send", "again", "again", "page"):
    attempt(getattr(plugin, name))
attempt(lambda: asyncio.run(plugin.stream()))
sys.stdout.write(json.dumps([record.refused, record.origins]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="its serial ports have other names")
def test_a_serial_port_is_opened_only_when_named(tmp_path: Path) -> None:
    audit = NetworkAudit(EndpointPolicy().allowing([LocalTarget("serial", "/dev/ttyUSB7")]))
    audit("open", ("/dev/ttyUSB7", "r", 0))
    refused = ("/dev/ttyUSB8", b"/dev/ttyACM0", "//dev/../dev/ttyS0", "/dev/serial/by-id/x", "/dev/rfcomm0")
    for path in refused:
        with pytest.raises(EndpointRefused, match=r"opening the serial port //?dev/"):
            audit("open", (path, "r", 0))
    harmless = ("/dev/tty", "/dev/null", 3, None, tmp_path / "dev" / "ttyS0", "/etc/ttys", "serial/x", "COM3")
    for path in harmless:
        audit("open", (path, "r", 0))
    assert audit.record.allowed == {"opening the serial port /dev/ttyUSB7 (this machine)": 1}


@pytest.mark.skipif(sys.platform == "win32", reason="its serial ports have other names")
def test_a_link_to_a_named_serial_port_is_the_same_port(tmp_path: Path) -> None:
    link = tmp_path / "radio"
    link.symlink_to("/dev/ttyUSB7")
    policy = EndpointPolicy(devices=frozenset({str(link)}))
    assert policy.allows_device("/dev/ttyUSB7")
    assert not policy.allows_device("/dev/ttyUSB8")


def test_libraries_of_ctypes_and_forks_are_recorded_and_allowed() -> None:
    audit = NetworkAudit(EndpointPolicy())
    audit("ctypes.dlopen", ("libc.so.6",))
    audit("os.fork", ())
    assert list(audit.record.allowed) == [
        "loading the library libc.so.6 (this machine)",
        "forking this process (this machine)",
    ]
    assert audit.record.outside == []


def test_a_refusal_names_the_lines_outside_the_standard_library(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.py"
    plugin.write_text(PLUGIN, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(plugin)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    counts, origins = json.loads(done.stdout)
    assert counts == {
        "connect tcp to 192.0.2.1:80": 3,
        "connect tcp to 192.0.2.3:80": 1,
        "connect tcp to 192.0.2.2:80": 1,
    }
    assert origins == {
        "connect tcp to 192.0.2.1:80": f"{plugin}:4; {plugin}:6",
        "connect tcp to 192.0.2.3:80": f"{plugin}:10",
        "connect tcp to 192.0.2.2:80": f"{plugin}:8",
    }
