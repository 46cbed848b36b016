"""A broker for links and pages of the test's own process, which is not sealed."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from controller.guard import broker as broker_file
from controller.guard.opener import Endpoint
from controller.guard.seal.brokered import BrokeredOpener
from controller.guard.seal.client import BrokerClient


@contextmanager
def broker_process(*endpoints: Endpoint) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    """Start a broker for the block; yield it, and the sealed side's end of its control socket."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(broker_file.__file__), str(theirs.fileno())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=[theirs.fileno()],
    ) as process:
        theirs.close()
        assert process.stdin is not None
        process.stdin.write(json.dumps([one.json() for one in endpoints]).encode())
        process.stdin.close()
        process.stdin = None
        try:
            yield process, ours
        finally:
            ours.close()
            process.kill()


@contextmanager
def brokered(*endpoints: Endpoint) -> Iterator[tuple[BrokeredOpener, BrokerClient]]:
    """Start a broker for the block; yield an opener of its endpoints, and the client behind it."""
    with broker_process(*endpoints) as (_, control):
        client = BrokerClient(control, endpoints)
        yield BrokeredOpener(client, own_loopback=False), client
