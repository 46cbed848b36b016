"""Begins a sealed run: starts the broker and the witness, then shuts this process in, for good.

After `begin` this process and all it starts have no network but their own loopback, write only below the given
folders, and reach the endpoints of the policy through the broker alone. Nothing here can be undone.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller.errors import SafetyRefused
from controller.guard.account import Account
from controller.guard.opener import Endpoint
from controller.guard.seal.brokered import BrokeredOpener
from controller.guard.seal.client import BrokerClient
from controller.guard.seal.mechanisms import Mechanisms, try_mechanisms

_PROGRAMS = Path(__file__).parents[1]
_RECORD_BYTES = 1 << 20
_RECORD_S = 5.0


class CannotSeal(SafetyRefused):
    """This process cannot be sealed as asked."""


@dataclass(frozen=True, slots=True)
class SealRequest:
    """What a sealed run may do. `endpoints` have numeric addresses; `writes` are the folders (or files) it may change.

    `temporary` becomes the folder of temporary files; it is made, and counts as one of `writes`. `terminals` are
    the paths of pseudo-terminals whose other ends are opened inside: they are made before the process is shut in. A run
    that needs a `loopback` of its own is refused where there is none. `unlimited` is the reason why files are not
    limited to `writes`, "" where they are.
    """

    endpoints: tuple[Endpoint, ...] = ()
    writes: tuple[Path, ...] = ()
    temporary: Path | None = None
    terminals: tuple[str, ...] = ()
    loopback: bool = False
    unlimited: str = ""


@dataclass(slots=True)
class Seal:
    """A sealed run, seen from inside."""

    opener: BrokeredOpener
    mechanisms: Mechanisms
    _client: BrokerClient
    _witness: socket.socket
    _machine: str
    _helpers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def watch_broker(self, on_lost: Callable[[], None]) -> None:
        """Have the running loop call `on_lost` when the broker ends; not for a run that has no endpoint."""
        if self._client.endpoints:
            self._client.watch(on_lost)

    @property
    def broker_ended(self) -> bool:
        """Whether the broker was seen to have ended."""
        return self._client.lost

    def account(self) -> Account:
        """Ask the broker and the witness what happened so far."""
        endpoints, record = self._client.account(), self._record()
        return Account(
            "kernel",
            "",
            self.mechanisms.all,
            endpoints or [],
            [named(one, self._machine) for one in refusals(record or {})],
            complete=endpoints is not None and record is not None,
        )

    def _record(self) -> dict[str, Any] | None:
        try:
            self._witness.settimeout(_RECORD_S)
            self._witness.send(b'{"record": true}')
            record: dict[str, Any] = json.loads(self._witness.recv(_RECORD_BYTES))
        except (OSError, ValueError):
            return None
        return record


def refusals(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the refusals in the witness's record, with one entry for all that found no room there."""
    found: list[dict[str, Any]] = list(record.get("refused", []))
    if left_out := int(record.get("unrecorded", 0)):
        found.append({"call": "", "what": "calls that found no room in the record", "count": left_out})
    return found


def named(refused: dict[str, Any], machine: str) -> dict[str, Any]:
    """Return a record of the witness with the name of its system call."""
    from controller.guard.seal.syscalls import name_of

    word, _, number = str(refused["call"]).rpartition(" ")
    return refused | {"call": name_of(int(number), machine)} if word == "system call" else refused


def begin(request: SealRequest) -> Seal:
    """Seal this process.

    Raises CannotSeal before anything is changed, where the kernel cannot or the process is not fit for it. An error
    after that point ends the process: it must not go on half sealed.
    """
    if sys.platform != "linux":
        raise CannotSeal(f"cannot seal the run: {sys.platform} has no mechanism that Landline can use")
    from controller.guard.seal import namespaces, seccomp, syscalls

    _check_streams()
    if not namespaces.only_thread():
        raise CannotSeal("cannot seal the run: the process has several threads already")
    try:
        machine = syscalls.architecture()
    except OSError as error:
        raise CannotSeal(f"cannot seal the run: {error}") from None
    control, broker_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    own, witness_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # They start while this process looks at the kernel.
    own_terminals = (Endpoint("pty", port=number) for number in range(1, len(request.terminals) + 1))
    endpoints = (*request.endpoints, *own_terminals)
    policy = json.dumps([one.json() for one in endpoints]).encode()
    helpers = [_start("broker.py", broker_end, ())]
    try:
        mechanisms = try_mechanisms()
        if not mechanisms.kernel:
            raise CannotSeal(f"cannot seal the run: {mechanisms.seccomp}")
        if request.unlimited:
            mechanisms = mechanisms.without_landlock(request.unlimited)
        isolated = mechanisms.namespaces.active
        if request.loopback and not isolated:
            raise CannotSeal(f"cannot seal the run: it needs a loopback of its own; {mechanisms.namespaces}")
        words = (machine, "isolated" if isolated else "shared")
        helpers.append(_start("witness.py", witness_end, words))
        for helper, data in zip(helpers, (policy, b""), strict=True):
            assert helper.stdin is not None
            helper.stdin.write(data)
            helper.stdin.close()
    except BaseException:
        for helper in helpers:
            helper.kill()
            helper.wait()
        raise
    broker_end.close()
    witness_end.close()
    client = BrokerClient(control, endpoints)
    keep = {0, 1, 2, control.fileno(), own.fileno()}
    _or_end(lambda: _shut_in(request, mechanisms, client, keep, own, helpers[1].pid, seccomp.install))
    return Seal(BrokeredOpener(client, own_loopback=isolated), mechanisms, client, own, machine, helpers)


def _check_streams() -> None:
    """Raise CannotSeal where standard input or output is a network connection."""
    from controller.guard.seal.syscalls import SO_DOMAIN

    for fd in range(3):
        try:
            if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                continue
        except OSError:
            continue
        with socket.socket(fileno=os.dup(fd)) as stream:
            family = stream.getsockopt(socket.SOL_SOCKET, SO_DOMAIN)
        if family != socket.AF_UNIX or stream.type != socket.SOCK_STREAM:
            raise CannotSeal(
                f"cannot seal the run: descriptor {fd} is a network connection",
                hint="start it with a terminal, a file or a pipe as standard input and output",
            )


def _start(program: str, end: socket.socket, words: tuple[str, ...]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(_PROGRAMS / program), str(end.fileno()), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        pass_fds=[end.fileno()],
        env={},
        cwd="/",
        start_new_session=True,
    )


def _or_end(step: Callable[[], None]) -> None:
    try:
        step()
    except BaseException as error:
        sys.stderr.write(f"landline: cannot seal the run: {error}; nothing was done (a safety check)\n")
        sys.stderr.flush()
        os._exit(CannotSeal.exit_code)


def _shut_in(
    request: SealRequest,
    mechanisms: Mechanisms,
    client: BrokerClient,
    keep: set[int],
    own: socket.socket,
    witness: int,
    install: Callable[..., int],
) -> None:
    from controller.guard.seal import landlock, namespaces, syscalls

    folders = list(request.writes)
    if request.temporary is not None:
        request.temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.environ["TMPDIR"] = str(request.temporary)
        if "tempfile" in sys.modules:
            vars(sys.modules["tempfile"])["tempdir"] = None  # it looks again
        if not any(request.temporary.is_relative_to(one) for one in folders):
            folders.append(request.temporary)
    namespaces.no_memory_image()
    _close_others(keep)
    devices = [*landlock.DEVICES, *_terminals(client, request)]
    if mechanisms.namespaces.active:
        namespaces.enter()
    namespaces.drop_capabilities()
    _let_read(witness, syscalls.prctl, syscalls.PR_SET_PTRACER)
    hand_over = _HandOver(own)
    if mechanisms.landlock.active:
        landlock.restrict(folders, devices)
    hand_over.give(install(internet=mechanisms.namespaces.active))


def _terminals(client: BrokerClient, request: SealRequest) -> list[str]:
    return [_terminal(client, len(request.endpoints) + i, one) for i, one in enumerate(request.terminals)]


def _terminal(client: BrokerClient, number: int, link: str) -> str:
    """Have the broker make a terminal, and a link to its other end; return that device. Raises OSError.

    The broker itself makes no link in a folder that this process may change: it could be led elsewhere.
    """
    place = str(client.open_first(number)[0])
    client.terminals[link] = number
    Path(link).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    Path(link).unlink(missing_ok=True)
    Path(link).symlink_to(place)
    return place


def _let_read(witness: int, prctl: Callable[..., int], option: int) -> None:
    """Let the witness read this process's memory where the Yama module would forbid it; elsewhere there is no need."""
    try:
        prctl(option, witness)
    except OSError:
        return


def _close_others(keep: set[int]) -> None:
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  # the listing's own descriptor is closed by then
        if int(name) not in keep:
            try:
                os.close(int(name))
            except OSError:
                continue


class _HandOver:
    """A thread that passes the filter's descriptor on: sendmsg is itself put before the witness, which lacks it still.

    The thread starts before the filter, so that the filter does not hold it, does nothing else, and ends.
    """

    def __init__(self, own: socket.socket) -> None:
        self._own = own
        self._descriptor = -1
        self._known = threading.Event()
        self._thread = threading.Thread(target=self._send, name="seal", daemon=True)
        self._thread.start()

    def _send(self) -> None:
        self._known.wait()
        if self._descriptor >= 0:
            socket.send_fds(self._own, [b"filter"], [self._descriptor])

    def give(self, descriptor: int) -> None:
        """Pass it on; return when it is gone from this process, and the thread has ended."""
        self._descriptor = descriptor
        self._known.set()
        self._thread.join()
        os.close(descriptor)
