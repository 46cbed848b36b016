"""Runs a command in a network whose only way out leads to this recorder, and keeps every packet that arrives.

A positive control comes first and last: two datagrams sent on purpose must be seen, of IPv4 and of IPv6. The device
keeps the order of packets, so that all that the command sent has arrived when the last control has.
"""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from controller.clock import SystemClock, stopwatch_s
from controller.errors import SafetyRefused, VerificationFailed
from controller.guard.capture.packets import PCAP_HEADER, Packet, pcap_record, read_packet

CONTROL_S = 10.0
_LARGEST = 1 << 16


class CannotRecord(SafetyRefused):
    """This machine cannot run a command in a recorded network."""


@dataclass(slots=True)
class Recording:
    """What was seen. `pcap` is the file with every packet; `notes` are limits of this recording, one sentence each."""

    pcap: Path
    packets: list[Packet] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    controls: list[str] = field(default_factory=list)
    pid: int = 0
    exit_code: int = 0
    dropped: int = 0

    def of(self, origin: str) -> list[Packet]:
        """Return the packets of an origin: run, kernel or control."""
        return [packet for packet in self.packets if packet.origin == origin]


def record(job: Any, pcap: Path, on_packet: Callable[[Packet], None]) -> Recording:
    """Run `job` (a `recorded_process.Job`) and record it; call this in a process with one thread.

    Raises CannotRecord before anything ran, VerificationFailed where a control was not seen, OSError for the file.
    """
    if sys.platform != "linux":
        raise CannotRecord(f"cannot record a run: {sys.platform} has no network namespaces")
    from controller.guard.capture import network, recorded_process

    missing = network.why_not()
    if missing:
        raise CannotRecord(f"cannot record a run: {missing}")
    pcap.parent.mkdir(parents=True, exist_ok=True)
    with pcap.open("wb") as file:
        own, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                own.close()
                recorded_process.keep(inside, job)
                code = 0
            finally:
                os._exit(code)
        inside.close()
        try:
            with own:
                return _Recorder(own, file, Recording(pcap), on_packet).run()
        finally:
            os.waitpid(child, 0)


@contextmanager
def _interrupts_left_to_the_command() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Recorder:
    """The loop that reads the device, and waits for the process in the network."""

    def __init__(
        self, own: socket.socket, file: BinaryIO, recording: Recording, on_packet: Callable[[Packet], None]
    ) -> None:
        self._own = own
        self._file = file
        self._recording = recording
        self._on_packet = on_packet
        self._tokens: set[bytes] = set()
        self._clock = SystemClock()
        self._tun = -1

    def run(self) -> Recording:
        self._file.write(PCAP_HEADER)
        message, descriptors, _, _ = socket.recv_fds(self._own, _LARGEST, 1)
        told = json.loads(message or b'{"failed": "the process in the network ended"}')
        if not descriptors:
            raise CannotRecord(f"cannot record a run: {told['failed']}")
        self._tun = descriptors[0]
        try:
            self._recording.notes += told["notes"]
            self._control("before the run")
            with _interrupts_left_to_the_command():
                ended = self._ask({"run": True})
            if "failed" in ended:
                raise CannotRecord(f"cannot start the command: {ended['failed']}")
            self._recording.pid, self._recording.exit_code = ended["pid"], ended["exit_code"]
            self._control("after the run")
            counted = self._ask({"traffic": True})
        finally:
            os.close(self._tun)
        self._recording.dropped = counted["dropped"]
        seen = len(self._recording.packets)
        if counted["dropped"] or counted["sent"] != seen:
            raise VerificationFailed(
                f"the recording is not whole: the device sent {counted['sent']} packets and dropped "
                f"{counted['dropped']}, the recorder has {seen}",
                where=str(self._recording.pcap),
                hint="repeat it on a machine with less load",
            )
        return self._recording

    def _control(self, when: str) -> None:
        """Have a datagram sent to each control's address; return when both are seen. Raises VerificationFailed."""
        from controller.guard.capture.recorded_process import CONTROL_TARGETS

        token = secrets.token_bytes(16)
        self._tokens.add(token)
        first = len(self._recording.packets)
        faults = self._ask({"control": token.hex()})["faults"]
        missing = self._missing_controls(first)
        end_s = stopwatch_s() + CONTROL_S
        while not faults and missing and stopwatch_s() < end_s:
            self._read(end_s - stopwatch_s())
            missing = self._missing_controls(first)
        if faults or missing:
            raise VerificationFailed(
                f"the positive control {when} failed, so that the recording proves nothing: "
                + ("; ".join(faults) or f"no packet to {' and '.join(missing)} was seen"),
                hint="nothing is claimed; look at the network of this machine",
            )
        self._recording.controls.append(f"{when}: {' and '.join(host for host, _ in CONTROL_TARGETS)} seen")

    def _missing_controls(self, first: int) -> list[str]:
        """Return the hosts of the control that are in no packet from `first` on."""
        from controller.guard.capture.recorded_process import CONTROL_TARGETS

        seen = {packet.target for packet in self._recording.packets[first:] if packet.origin == "control"}
        return [host for host, _ in CONTROL_TARGETS if host not in seen]

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to an order; packets are read meanwhile."""
        self._own.send(json.dumps(order).encode())
        while True:
            ready = select.select([self._own.fileno(), self._tun], [], [])[0]
            if self._tun in ready:
                self._take()
            if self._own.fileno() in ready:
                answer = self._own.recv(_LARGEST)
                if not answer:
                    raise VerificationFailed(
                        "the process in the recorded network ended before its command", hint="repeat it"
                    )
                found: dict[str, Any] = json.loads(answer)
                return found

    def _read(self, wait_s: float) -> None:
        if select.select([self._tun], [], [], max(0.0, wait_s))[0]:
            self._take()

    def _take(self) -> None:
        """Read what waits in the device."""
        while True:
            try:
                data = os.read(self._tun, _LARGEST)
            except BlockingIOError:
                return
            utc_us = self._clock.utc_us()
            packet = read_packet(data, utc_us, frozenset(self._tokens))
            self._recording.packets.append(packet)
            self._file.write(pcap_record(data, utc_us))
            self._on_packet(packet)
