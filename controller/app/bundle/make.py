"""Making of a bundle: wheels that match the lock, data files, the list of components, the signed list of files.

No network: the wheels are in a folder that the operator filled.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from controller.app.bundle.lock import LOCK, Pin, normal, parse_lock, write_lock
from controller.app.bundle.packages import wheel_component
from controller.app.bundle.sbom import Component, cyclonedx, page_components
from controller.app.bundle.source import chunks, is_safe
from controller.app.bundle.sums import sign_sums
from controller.app.bundle.targets import Target, target
from controller.autopilots.param_docs.bundled_docs import check_docs
from controller.errors import UserError, VerificationFailed
from controller.logs.record.keys import RecordKey

WHEELS, REQUIREMENTS, COMPONENTS, INFO = "wheels", "requirements.txt", "components.cdx.json", "bundle.json"
_DOWNLOAD = "fill the folder with `make wheels`, or see docs/howto/install-without-a-network.md"


@dataclass(frozen=True, slots=True)
class MadeBundle:
    """A bundle that was made: its files with their SHA-256, and its components."""

    sums: dict[str, str]
    components: tuple[Component, ...]
    version: str


def make_bundle(
    out: Path,
    wheels: Path,
    data: Mapping[str, Iterable[Path]],
    key: RecordKey,
    *,
    made_at: str,
    lock: Path = LOCK,
    made_for: Target | None = None,
) -> MadeBundle:
    """Make a bundle: a new folder, or a zip file if the name of `out` ends with .zip.

    `data` has files and folders for each of DATA_FOLDERS. `made_at` is the time in UTC, `made_for` the machine
    that the bundle is for (default: this one). Raises UserError, and VerificationFailed for a wheel that the lock does
    not have.
    """
    if out.exists() or out.is_symlink():
        raise UserError("cannot make the bundle: the name is taken", where=str(out), hint="name a new one")
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as staging:
        folder = Path(staging) / "bundle"
        folder.mkdir()
        pins = parse_lock(lock.read_text("utf-8"), str(lock))
        made = _fill(folder, wheels, data, key, made_at, pins, made_for or target())
        if out.suffix == ".zip":
            packed = Path(staging) / "bundle.zip"
            _pack(folder, packed)
            packed.replace(out)
        else:
            folder.replace(out)
    return made


def _fill(
    folder: Path,
    wheels: Path,
    data: Mapping[str, Iterable[Path]],
    key: RecordKey,
    made_at: str,
    pins: list[Pin],
    made_for: Target,
) -> MadeBundle:
    sums: dict[str, str] = {}
    for path in sorted(wheels.glob("*.whl")):
        _copy(path, folder, f"{WHEELS}/{path.name}", sums)
    parts = [wheel_component(folder / name, digest) for name, digest in sums.items()]
    requirements, version = _required(parts, pins, wheels, made_for)
    for kind, paths in data.items():
        for path, name in _data_files(kind, paths):
            if kind == "metadata":
                check_docs(name.partition("/")[2], path.read_bytes(), str(path))
            _copy(path, folder, name, sums)
            hashes = (("SHA-256", sums[name]),)
            parts.append(Component("firmware" if kind == "firmware" else "data", name, hashes=hashes))
    parts += page_components()
    info = {
        "landline": version,
        "made_at": made_at,
        "system": made_for.system,
        "machine": made_for.machine,
        "python": made_for.python,
    }
    texts = {
        REQUIREMENTS: write_lock(requirements),
        COMPONENTS: json.dumps(cyclonedx(parts, made_at), indent=1) + "\n",
        INFO: json.dumps(info, indent=1) + "\n",
    }
    for name, text in texts.items():
        written = text.encode()
        (folder / name).write_bytes(written)
        sums[name] = hashlib.sha256(written).hexdigest()
    sign_sums(folder, sums, key)
    return MadeBundle(sums, tuple(parts), version)


def _required(
    parts: list[Component], pins: list[Pin], wheels: Path, made_for: Target
) -> tuple[list[Pin], str]:
    """Return a pin for each version among the wheels, and Landline's version.

    Raises VerificationFailed for a wheel that the lock does not have, UserError for one that is missing.
    """
    own = [part for part in parts if normal(part.name) == "landline"]
    if len(own) != 1:
        raise UserError(
            f"cannot make the bundle: {len(own)} wheels of Landline, not 1", where=str(wheels), hint=_DOWNLOAD
        )
    locked = {(pin.name, pin.version): pin for pin in pins}
    given: dict[tuple[str, str], set[str]] = {}
    for part in parts:
        name, digest = normal(part.name), part.hashes[0][1]
        pin = locked.get((name, part.version))
        if part is not own[0] and (pin is None or digest not in pin.hashes):
            raise VerificationFailed(
                f"the wheel of {part.name} {part.version} is not in the lock (SHA-256 {digest})",
                where=str(wheels),
                hint=_DOWNLOAD,
            )
        given.setdefault((name, part.version), set()).add(digest)
    missing = [f"{pin.name} {pin.version}" for pin in pins if made_for.needs(pin) and _key(pin) not in given]
    if missing:
        raise UserError(
            f"cannot make the bundle: no wheel of {', '.join(missing)}", where=str(wheels), hint=_DOWNLOAD
        )
    required = [replace(pin, hashes=frozenset(given[_key(pin)])) for pin in pins if _key(pin) in given]
    own_key = ("landline", own[0].version)
    return [*required, Pin(*own_key, "", frozenset(given[own_key]))], own[0].version


def _key(pin: Pin) -> tuple[str, str]:
    return pin.name, pin.version


def _data_files(kind: str, paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    for given in paths:
        if not given.exists():
            raise UserError("no such file or folder", where=str(given))
        files = sorted(path for path in given.rglob("*") if path.is_file()) if given.is_dir() else [given]
        for path in files:
            below = path.relative_to(given).as_posix() if given.is_dir() else path.name
            yield path, f"{kind}/{below}"


def _copy(path: Path, folder: Path, name: str, sums: dict[str, str]) -> None:
    """Copy a file into the bundle, and note the hash of the bytes that were copied."""
    if not is_safe(name):
        raise UserError("cannot add the file: its name is not valid on every system", where=str(path))
    if name.casefold() in {known.casefold() for known in sums}:
        raise UserError(
            f"cannot add the file: the bundle already has {name}", where=str(path), hint="rename it"
        )
    digest = hashlib.sha256()
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as source, target.open("xb") as copy:
        for data in chunks(source):
            digest.update(data)
            copy.write(data)
    sums[name] = digest.hexdigest()


def _pack(folder: Path, packed: Path) -> None:
    # Not compressed: wheels and maps are already.
    with zipfile.ZipFile(packed, "x", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Make a folder that is not there or is empty, and remove it again if the block fails. Raises UserError."""
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise UserError(
            "cannot install: the folder is not empty", where=str(folder), hint="name a new folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
