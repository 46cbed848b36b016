"""`landline doctor`: what works on this machine, what is missing, and how to mend it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from controller.cli.common import Output
from controller.errors import UserError

EXAMPLE = "Example: landline doctor"


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing looked at: `ok` works, `missing` is a feature less, `bad` keeps Landline from flying."""

    what: str
    status: Literal["ok", "missing", "bad"]
    found: str
    mend: str = ""


def doctor(
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")] = False,
) -> int:
    """Look at Python, packages, the compiler's cache, serial ports, network ports, disk and clock.

    Ends with 0 when Landline can fly on this machine, with 6 when something keeps it from that; what only makes a feature
    less is said and changes nothing.
    """
    from controller.errors import VerificationFailed

    out = Output(json)
    answers = []
    for look in LOOKS:
        for answer in look():
            answers.append(answer)
            out.emit("answer", what=answer.what, status=answer.status, found=answer.found, mend=answer.mend)
            out.result(f"{answer.status:8}{answer.what:18}{answer.found}")
            if answer.mend:
                out.result(f"{'':26}{answer.mend}")
    bad = [answer for answer in answers if answer.status == "bad"]
    out.emit(
        "summary",
        ok=not bad,
        bad=[a.what for a in bad],
        missing=[a.what for a in answers if a.status == "missing"],
    )
    out.result(
        "Landline can fly on this machine" if not bad else f"{len(bad)} things keep Landline from flying here"
    )
    return VerificationFailed.exit_code if bad else 0


def _python() -> Iterator[Answer]:
    import platform

    new = sys.version_info >= (3, 11)
    yield Answer(
        "Python",
        "ok" if new else "bad",
        f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "" if new else "install Python 3.11 or newer",
    )


def _packages() -> Iterator[Answer]:
    from importlib.metadata import PackageNotFoundError, version

    for name, what_for in (
        ("pymavlink", ""),
        ("pyserial", "bad"),
        ("fastcrc", "bad"),
        ("numpy", "bad"),
        ("numba", "bad"),
        ("cryptography", "bad"),
        ("pyproj", "bad"),
        ("pygeomag", "missing"),
        ("dronekit", "missing"),
    ):
        try:
            yield Answer(name, "ok", version(name))
        except PackageNotFoundError:
            yield Answer(
                name, "bad" if what_for == "bad" else "missing", "not installed", f"pip install {name}"
            )


def _compiler() -> Iterator[Answer]:
    from hil.jit import cache_dir

    folder = cache_dir()
    there = folder.is_dir() and any(folder.iterdir())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / "probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        yield Answer(
            "compiled code",
            "missing",
            f"{folder} cannot be written: {error.strerror}",
            "set LANDLINE_CACHE to a folder of yours, or every start compiles anew (some 15 s)",
        )
        return
    yield Answer(
        "compiled code", "ok", f"kept in {folder}" + ("" if there else ", compiled at the first flight")
    )


def _files() -> Iterator[Answer]:
    import shutil

    from controller.logs.flights.store import flights_folder
    from controller.logs.record.disk_space import WARN_FREE_BYTES

    folder = flights_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        mend = "set LANDLINE_HOME to a folder of yours"
        yield Answer("flights", "bad", f"{folder} cannot be written: {error.strerror}", mend)
        return
    yield Answer("flights", "ok", str(folder))
    enough = free > WARN_FREE_BYTES
    yield Answer(
        "disk",
        "ok" if enough else "bad",
        f"{free / 1e9:.1f} GB free",
        "" if enough else "make room: an hour of flight is some 50 MB, and the record must not end early",
    )


def _serial() -> Iterator[Answer]:
    import os

    from serial.tools import list_ports

    ports = sorted(list_ports.comports(), key=lambda port: port.device)
    if not ports:
        yield Answer("serial ports", "missing", "none found", "plug the radio or the autopilot in")
    for port in ports:
        allowed = os.name == "nt" or os.access(port.device, os.R_OK | os.W_OK)
        mend = "" if allowed else "sudo usermod -a -G dialout $USER, then log in again"
        found = f"{port.device} {port.description}" + ("" if allowed else ", not permitted")
        yield Answer("serial port", "ok" if allowed else "missing", found, mend)


def _terminals() -> Iterator[Answer]:
    try:
        import pty  # noqa: F401
    except ImportError:
        yield Answer(
            "pseudo-terminals",
            "missing",
            "not on this system",
            "use tcp: or udp: links where a guide says pty:",
        )
    else:
        yield Answer("pseudo-terminals", "ok", "pty: links work")


def _network() -> Iterator[Answer]:
    import socket

    for kind, name, port, who in (
        (
            socket.SOCK_DGRAM,
            "udp",
            14550,
            "another ground station listens there; close it or use another port",
        ),
        (socket.SOCK_STREAM, "tcp", 5760, "another simulator or router listens there"),
    ):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                yield Answer(f"{name} port {port}", "missing", f"taken ({error.strerror})", who)
            else:
                yield Answer(f"{name} port {port}", "ok", "free on 127.0.0.1")


def _clock() -> Iterator[Answer]:
    from controller.clock import SystemClock, iso_utc

    now_us = SystemClock().utc_us()
    sane = now_us > 1_767_225_600_000_000  # 2026-01-01
    yield Answer(
        "clock",
        "ok" if sane else "bad",
        f"{iso_utc(now_us)[:19]} UTC",
        "" if sane else "set the clock: records carry its time, and signatures refuse an old one",
    )


def _seal() -> Iterator[Answer]:
    yield Answer("network guard", "ok", "the audit hook refuses every endpoint that no command names")


# USB vendors whose boards the ground box's firmware runs on: Raspberry Pi, Espressif, MicroPython's own.
_BOX_VENDORS = {0x2E8A: "RP2", 0x303A: "ESP32", 0xF055: "MicroPython board"}


def _box() -> Iterator[Answer]:
    from serial.tools import list_ports

    from hil.box.micropython import find_micropython

    try:
        program = find_micropython()
    except UserError as error:
        yield Answer("ground box", "missing", "no MicroPython to run its firmware here", error.hint or "")
    else:
        yield Answer("ground box", "ok", f"its firmware runs here in {program}")
    for port in list_ports.comports():
        if port.vid in _BOX_VENDORS:
            found = f"{port.device} may be a box: {_BOX_VENDORS[port.vid]}"
            yield Answer("ground box", "ok", found, f"landline box status --link serial:{port.device}:115200")


LOOKS: tuple[Callable[[], Iterator[Answer]], ...] = (
    _python, _packages, _compiler, _files, _serial, _terminals, _network, _clock, _seal, _box,
)  # fmt: skip
