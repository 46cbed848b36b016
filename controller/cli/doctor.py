"""`landline doctor`: checks this machine and tells how to fix the problems found."""

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
class DoctorCheck:
    """Result of one check: `ok`, `missing` (an optional feature does not work) or `bad` (Landline cannot fly)."""

    what: str
    status: Literal["ok", "missing", "bad"]
    found: str
    fix: str = ""


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for scripts.")] = False,
) -> int:
    """Check Python, packages, compiler cache, disk, serial ports, network ports and clock, and say how to fix problems.

    Exit code 0: Landline can fly on this machine; 6: something prevents it. Missing optional features do not change it.
    """
    from controller.errors import VerificationFailed

    out = Output(json)
    results = []
    for check in CHECKS:
        for result in check():
            results.append(result)
            out.emit("answer", what=result.what, status=result.status, found=result.found, mend=result.fix)
            out.result(f"{result.status:8}{result.what:18}{result.found}")
            if result.fix:
                out.result(f"{'':26}{result.fix}")
    bad = [result for result in results if result.status == "bad"]
    out.emit(
        "summary",
        ok=not bad,
        bad=[a.what for a in bad],
        missing=[a.what for a in results if a.status == "missing"],
    )
    names = ", ".join(one.what for one in bad)
    out.result(
        f"Landline cannot fly on this machine: fix {names}" if bad else "Landline can fly on this machine"
    )
    return VerificationFailed.exit_code if bad else 0


def _python() -> Iterator[DoctorCheck]:
    import platform

    new = sys.version_info >= (3, 11)
    yield DoctorCheck(
        "Python",
        "ok" if new else "bad",
        f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "" if new else "install Python 3.11 or newer",
    )


def _packages() -> Iterator[DoctorCheck]:
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
            yield DoctorCheck(name, "ok", version(name))
        except PackageNotFoundError:
            yield DoctorCheck(
                name, "bad" if what_for == "bad" else "missing", "not installed", f"pip install {name}"
            )


def _compiler() -> Iterator[DoctorCheck]:
    from hil.jit import cache_dir

    folder = cache_dir()
    there = folder.is_dir() and any(folder.iterdir())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / "probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        yield DoctorCheck(
            "compiled code",
            "missing",
            f"cannot write to {folder}: {error.strerror}",
            "set LANDLINE_CACHE to a writable folder; without it every start compiles again (about 15 s)",
        )
        return
    yield DoctorCheck(
        "compiled code", "ok", f"cached in {folder}" + ("" if there else ", compiled at the first flight")
    )


def _files() -> Iterator[DoctorCheck]:
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
        fix = "set LANDLINE_HOME to a writable folder"
        yield DoctorCheck("flights", "bad", f"cannot write to {folder}: {error.strerror}", fix)
        return
    yield DoctorCheck("flights", "ok", str(folder))
    enough = free > WARN_FREE_BYTES
    yield DoctorCheck(
        "disk",
        "ok" if enough else "bad",
        f"{free / 1e9:.1f} GB free",
        "" if enough else "free some space: an hour of flight needs about 50 MB",
    )


def _serial() -> Iterator[DoctorCheck]:
    import os

    from serial.tools import list_ports

    ports = sorted(list_ports.comports(), key=lambda port: port.device)
    if not ports:
        yield DoctorCheck("serial ports", "missing", "none found", "plug in the radio or the autopilot")
    for port in ports:
        allowed = os.name == "nt" or os.access(port.device, os.R_OK | os.W_OK)
        fix = "" if allowed else "sudo usermod -a -G dialout $USER, then log in again"
        found = f"{port.device} {port.description}" + ("" if allowed else ", no permission")
        yield DoctorCheck("serial port", "ok" if allowed else "missing", found, fix)


def _terminals() -> Iterator[DoctorCheck]:
    try:
        import pty  # noqa: F401
    except ImportError:
        yield DoctorCheck(
            "pseudo-terminals",
            "missing",
            "not on this system",
            "use tcp: or udp: links where the guides use pty:",
        )
    else:
        yield DoctorCheck("pseudo-terminals", "ok", "pty: links work")


def _network() -> Iterator[DoctorCheck]:
    import asyncio
    import os

    for name, port, user in (("udp", 14550, "ground station"), ("tcp", 5760, "simulator or router")):
        try:
            asyncio.run(_try_port(name, port))
        except OSError as error:
            fix = f"another {user} uses it; close it or use another port"
            yield DoctorCheck(
                f"{name} port {port}", "missing", f"in use ({os.strerror(error.errno or 0)})", fix
            )
        else:
            yield DoctorCheck(f"{name} port {port}", "ok", "free on 127.0.0.1")


async def _try_port(name: str, port: int) -> None:
    """Open a port as links do, of a sealed run through its broker, and close it. Raises OSError."""
    import asyncio

    from controller.guard.process import RULES

    if name == "udp":
        (await RULES.opener.open_udp(asyncio.DatagramProtocol(), "127.0.0.1", port, listen=True)).close()
    else:
        (await RULES.opener.queue_tcp("127.0.0.1", port)).close()


def _clock() -> Iterator[DoctorCheck]:
    from controller.clock import SystemClock, iso_utc

    now_us = SystemClock().utc_us()
    sane = now_us > 1_767_225_600_000_000  # 2026-01-01
    yield DoctorCheck(
        "clock",
        "ok" if sane else "bad",
        f"{iso_utc(now_us)[:19]} UTC",
        "" if sane else "set the clock: records use its time, and MAVLink signing rejects an old time",
    )


def _seal() -> Iterator[DoctorCheck]:
    from controller.cli.sealing import PROCESS
    from controller.guard.seal.mechanisms import try_mechanisms

    yield DoctorCheck(
        "network guard", "ok", "the audit hook refuses every endpoint that the command line does not name"
    )
    held = PROCESS.held
    # Inside a seal there is no second one to try.
    found = held.seal.mechanisms if held is not None and held.seal is not None else try_mechanisms()
    for one in dict.fromkeys(found.all):
        fix = "" if one.active else "see locality in the documentation: what then stops a connection"
        yield DoctorCheck(f"seal: {one.name}", "ok" if one.active else "missing", one.detail, fix)
    yield DoctorCheck(
        "seal",
        "ok" if found.kernel else "missing",
        "runs are sealed by the kernel" if found.kernel else f"runs are process only: {found.seccomp.detail}",
        "" if found.kernel else "without it the audit hook alone refuses, in Landline's process",
    )


# USB vendors whose boards the ground box's firmware runs on: Raspberry Pi, Espressif, MicroPython's own.
_BOX_VENDORS = {0x2E8A: "RP2", 0x303A: "ESP32", 0xF055: "MicroPython board"}


def _box() -> Iterator[DoctorCheck]:
    from serial.tools import list_ports

    from hil.box.micropython import find_micropython

    try:
        program = find_micropython()
    except UserError as error:
        yield DoctorCheck(
            "ground box",
            "missing",
            "MicroPython, which runs its firmware here, is not installed",
            error.hint or "",
        )
    else:
        yield DoctorCheck("ground box", "ok", f"its firmware runs in {program}")
    for port in list_ports.comports():
        if port.vid in _BOX_VENDORS:
            found = f"{port.device} may be a box: {_BOX_VENDORS[port.vid]}"
            yield DoctorCheck(
                "ground box", "ok", found, f"landline box status --link serial:{port.device}:115200"
            )


# Names of the browsers that a desktop has on its path.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox", "microsoft-edge", "brave-browser")


def _page() -> Iterator[DoctorCheck]:
    import os
    import shutil

    from controller.web.page import page_is_built

    if page_is_built():
        yield DoctorCheck("web page", "ok", "built; landline gcs prints its address")
    else:
        yield DoctorCheck("web page", "missing", "not built", "run make web in the checkout")
    # Windows and macOS bring one.
    found = [name for name in _BROWSERS if shutil.which(name)]
    if found:
        yield DoctorCheck("browser", "ok", found[0])
    elif os.name == "posix" and sys.platform != "darwin":
        fix = "install Chromium or Firefox, or open the page on another device with --web HOST:PORT"
        yield DoctorCheck("browser", "missing", "none on the path", fix)


def bundle_checks() -> Iterator[DoctorCheck]:
    """Say which data came with the bundle that Landline was installed from; nothing for another installation."""
    from controller.guard.bundled_data import bundle_folder, bundled_files
    from controller.terrain.read import ENDINGS as TERRAIN
    from controller.web.maps.library import ENDINGS as MAPS

    folder = bundle_folder()
    if folder is None:
        return
    yield DoctorCheck("bundle", "ok", f"installed from one; its data are in {folder}")
    for kind, endings in (("maps", MAPS), ("terrain", TERRAIN)):
        if files := [path for path in bundled_files(kind) if path.suffix.lower() in endings]:
            yield DoctorCheck(
                f"bundle: {kind}", "ok", f"files: {len(files)}; the page of landline gcs shows them"
            )
    yield from _bundled_docs()
    yield from _bundled_images()


def _bundled_docs() -> Iterator[DoctorCheck]:
    from controller.autopilots.param_docs.bundled_docs import bundled_docs
    from controller.autopilots.vehicle_class import VehicleClass

    aircraft = [
        ("ArduPilot", VehicleClass.COPTER),
        ("ArduPilot", VehicleClass.PLANE),
        ("ArduPilot", VehicleClass.ROVER),
        ("PX4", VehicleClass.COPTER),
    ]
    for autopilot, kind in aircraft:
        docs = bundled_docs(autopilot, kind)
        if docs.docs:
            name = autopilot if autopilot == "PX4" else f"{autopilot} {kind.value}"
            yield DoctorCheck(
                "bundle: metadata", "ok", f"{name}: {docs.source}, parameters: {len(docs.docs)}"
            )


def _bundled_images() -> Iterator[DoctorCheck]:
    from controller.cli.box.bundled_images import bundled_images
    from controller.guard.bundled_data import bundled_files

    images = bundled_images()
    for image in images:
        yield DoctorCheck(
            "bundle: firmware", "ok", f"{image.path.name}: ground box {image.version}, board {image.board}"
        )
    for path in bundled_files("firmware"):
        if path not in {image.path for image in images}:
            yield DoctorCheck("bundle: firmware", "ok", f"{path.name}: not of the ground box, not used here")


CHECKS: tuple[Callable[[], Iterator[DoctorCheck]], ...] = (
    _python, _packages, _compiler, _files, _serial, _terminals, _network, _clock, _seal, _box, _page, bundle_checks,
)  # fmt: skip
