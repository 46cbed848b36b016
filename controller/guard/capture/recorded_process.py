"""The process in the recorded network: it sends the controls, and runs the command between them, without any right.

It hands the device's descriptor to the recorder and keeps none: neither it nor the command can change the network. It
answers one line of JSON for each order of the recorder.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.guard.capture import network
from controller.guard.seal import namespaces

# Addresses for documentation, and the port of the discard service.
CONTROL_TARGETS = (("192.0.2.1", 9), ("2001:db8::1", 9))


@dataclass(frozen=True, slots=True)
class Job:
    """What runs in the network. Its standard output goes to `output`, a descriptor."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    keep: Sequence[Path]
    output: int


def keep(recorder: socket.socket, job: Job) -> None:
    """Serve the recorder until it closes its end. Raises OSError where there is no such network."""
    try:
        made = network.enter(job.keep)
        namespaces.drop_capabilities()
    except OSError as error:
        reason = namespaces.why_not(error)
        recorder.send(json.dumps({"failed": reason}).encode())
        return
    socket.send_fds(recorder, [json.dumps({"notes": made.notes}).encode()], [made.tun])
    os.close(made.tun)
    while order := recorder.recv(1 << 16):
        recorder.send(json.dumps(_obey(json.loads(order), job)).encode())


def _obey(order: dict[str, Any], job: Job) -> dict[str, Any]:
    if "control" in order:
        return {"faults": send_controls(bytes.fromhex(order["control"]))}
    if "run" in order:
        return _run(job)
    sent, dropped = network.traffic()
    return {"sent": sent, "dropped": dropped}


def send_controls(token: bytes) -> list[str]:
    """Send one datagram to each control's address on purpose; return why one could not be sent."""
    faults = []
    for target in CONTROL_TARGETS:
        family = socket.AF_INET6 if ":" in target[0] else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sender:
                sender.sendto(token, target)
        except OSError as error:
            faults.append(f"{target[0]}: {error.strerror}")
    return faults


def _run(job: Job) -> dict[str, Any]:
    # Ctrl-C is for the command, which ends by it; this process reports how.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with subprocess.Popen(
            job.command,
            cwd=job.folder,
            env=dict(job.environment),
            stdout=job.output,
            preexec_fn=lambda: signal.signal(signal.SIGINT, before),  # noqa: PLW1509  # this process has one thread
        ) as process:
            return {"pid": process.pid, "exit_code": process.wait()}
    except OSError as error:
        return {"pid": 0, "exit_code": 1, "failed": error.strerror or str(error)}
    finally:
        signal.signal(signal.SIGINT, before)
