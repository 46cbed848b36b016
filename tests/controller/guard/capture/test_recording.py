"""The recorder sees all that a run sends, and nothing is claimed where its control fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.guard.capture.packets import PCAP_HEADER
from tests.support.seal.recorded_network import recorded, skip_where_nothing_can_be_recorded

SENDS = """
import socket
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
four.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
four.sendto(b"x", ("203.0.113.5", 1001))
four.sendto(b"x", ("239.1.1.1", 1002))
four.sendto(b"x", ("255.255.255.255", 1003))
six.sendto(b"x", ("2001:db8:5::5", 1004))
six.sendto(b"x", ("ff02::fb", 1005))
stream = socket.socket()
stream.setblocking(False)
stream.connect_ex(("203.0.113.6", 1006))
try:
    socket.getaddrinfo("landline-name.example", 80)
except OSError as error:
    print("no such name")
"""

TAMPERS = """
import fcntl, socket, struct
def outcome(attempt):
    try:
        attempt()
    except OSError as error:
        return error.errno
    return 0
any_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
name = b"recorder".ljust(16, bytes(1))
print(outcome(lambda: fcntl.ioctl(any_socket, 0x8914, name + bytes(24))))  # its flags: down
print(outcome(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)))
def attach():
    with open("/dev/net/tun", "r+b", buffering=0) as tun:
        fcntl.ioctl(tun, 0x400454CA, name + struct.pack("H22x", 0x1001))
print(outcome(attach))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    skip_where_nothing_can_be_recorded()
    return tmp_path


def test_every_packet_of_a_run_is_seen(folder: Path) -> None:
    found = recorded(SENDS, folder)
    seen = [tuple(one[1:]) for one in found["seen"] if one[0] == "run"]
    assert {
        ("UDP", "203.0.113.5", 1001),
        ("UDP", "239.1.1.1", 1002),
        ("UDP", "255.255.255.255", 1003),
        ("UDP", "2001:db8:5::5", 1004),
        ("UDP", "ff02::fb", 1005),
        ("TCP", "203.0.113.6", 1006),
    } <= set(seen)
    assert found["said"] == ["no such name"]
    # The look-up of a name is seen, or said not to be.
    assert found["notes"] or ("UDP", "192.0.2.53", 53) in seen
    assert packets_in(folder / "seen.pcap") == len(found["seen"])


def packets_in(pcap: Path) -> int:
    data, count = pcap.read_bytes(), 0
    assert data.startswith(PCAP_HEADER)
    at = len(PCAP_HEADER)
    while at < len(data):
        at += 16 + int.from_bytes(data[at + 8 : at + 12], "little")
        count += 1
    assert at == len(data)
    return count


def test_a_run_that_sends_nothing_leaves_only_the_controls(folder: Path) -> None:
    found = recorded("raise SystemExit(7)", folder)
    assert found["exit_code"] == 7
    assert [one for one in found["seen"] if one[0] == "run"] == []
    controls = [one[2] for one in found["seen"] if one[0] == "control"]
    assert controls == ["192.0.2.1", "2001:db8::1"] * 2
    assert len(found["controls"]) == 2


def test_the_run_cannot_change_the_network_nor_read_its_device(folder: Path) -> None:
    found = recorded(TAMPERS, folder)
    assert len(found["said"]) == 3
    assert "0" not in found["said"]


@pytest.mark.parametrize("lost", ["192.0.2.1", "2001:db8::1"])
def test_without_one_control_nothing_is_claimed(folder: Path, lost: str) -> None:
    before = f"recording.CONTROL_S = 0.3\nrecorded_process.send_controls.__globals__['LOST'] = {lost!r}\n" + (
        "send = recorded_process.send_controls\n"
        "def send_others(token):\n"
        "    all_targets = recorded_process.CONTROL_TARGETS\n"
        "    recorded_process.CONTROL_TARGETS = [one for one in all_targets if one[0] != recorded_process.LOST]\n"
        "    return send(token)\n"
        "recorded_process.send_controls = send_others\n"
    )
    found = recorded(SENDS, folder, before=before)
    assert (found["code"], found["said"]) == (6, [])
    assert f"no packet to {lost} was seen" in found["what"]


def test_a_recorder_that_lost_packets_claims_nothing(folder: Path) -> None:
    before = (
        "take = recording.read_packet\n"
        "class Forgetful(list):\n"
        "    def append(self, packet):\n"
        "        if packet.target_port != 1001:\n"
        "            super().append(packet)\n"
        "make = recording.Recording\n"
        "recording.Recording = lambda pcap: make(pcap, packets=Forgetful())\n"
    )
    found = recorded(SENDS, folder, before=before)
    assert found["code"] == 6
    assert "the recording is not whole" in found["what"]


def test_without_the_device_one_line_says_what_is_missing(tmp_path: Path) -> None:
    before = "from controller.guard.capture import network\nnetwork._TUN = Path('/dev/net/no-such-device')\n"
    found = recorded("", tmp_path, before=before)
    assert found["code"] == 5
    assert "there is no /dev/net/no-such-device" in found["what"]
