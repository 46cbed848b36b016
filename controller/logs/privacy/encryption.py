"""Encrypt finished flights to age recipients: one `flight.tar.age` replaces the files of the folder.

   age --decrypt -i key.txt flight.tar.age | tar -x        reads it without Landline (age-encryption.org/v1, ustar/pax)
The archive is complete and flushed to the disk before the first plain file is removed, and every plain file is
restored before the archive is removed. `flight.files.json` lists in plain text the files it holds (name, length,
SHA-256): after an interruption each file exists in one of the two forms, and the next run completes the work. It
also lists the archive itself, to tell damage from a wrong key.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import IO, Any

from controller.errors import UserError, VerificationFailed
from controller.logs.flights import catalogue, store
from controller.logs.record.append_file import write_atomically

ARCHIVE = store.ARCHIVE
CONTENTS = "flight.files.json"
_NEW = ".new"
# A record without an end, not written to for so long, is of a process that died.
IDLE_S = 3600.0


class EncryptionError(UserError):
    """A flight that cannot be encrypted or decrypted."""


def recipients_of(arguments: Sequence[str]) -> list[Any]:
    """Public keys of age (`age1...`) or SSH, or files with one a line. Raises EncryptionError."""
    from pyrage import RecipientError, ssh, x25519

    lines = []
    for word in arguments:
        path = Path(word)
        lines += path.read_text(encoding="utf-8").splitlines() if path.is_file() else [word]
    found = []
    for line in (line.strip() for line in lines):
        if not line or line.startswith("#"):
            continue
        kind = ssh if line.startswith("ssh-") else x25519
        try:
            found.append(kind.Recipient.from_str(line))
        except RecipientError as error:
            raise EncryptionError(
                f"invalid age recipient '{line[:20]}': {error}",
                hint="age-keygen makes a key pair; the public key begins with age1",
            ) from None
    if not found:
        raise EncryptionError(
            "cannot encrypt: no recipient given",
            hint="give --to age1..., or a file with one recipient a line",
        )
    return found


def identities_of(path: Path) -> list[Any]:
    """The private keys in a file that `age-keygen` wrote. Raises EncryptionError."""
    from pyrage import IdentityError, x25519

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        found = [
            x25519.Identity.from_str(line.strip()) for line in lines if line.startswith("AGE-SECRET-KEY-")
        ]
    except (OSError, ValueError, IdentityError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise EncryptionError(
            f"cannot read the identity: {reason}",
            where=str(path),
            hint="name the file of age-keygen with --identity or LANDLINE_IDENTITY",
        ) from None
    if not found:
        raise EncryptionError(
            "invalid identity file: it holds no age identity",
            where=str(path),
            hint="an identity is a line AGE-SECRET-KEY-...",
        )
    return found


def is_finished(folder: Path, now_utc_s: float) -> bool:
    """Whether the recording has ended: the end event or an archive is there, no file changed for an hour, or another
    program recorded the flight."""
    if (folder / ARCHIVE).is_file() or store.is_only_imported(folder):
        return True
    if any(event.get("kind") == "end" for event in store.read_events(folder)):
        return True
    times_s = [path.stat().st_mtime for path in folder.iterdir()]
    return not times_s or now_utc_s - max(times_s) > IDLE_S


def encrypt(folder: Path, recipients: list[Any], *, now_utc_s: float) -> int:
    """Replace the flight's files by the archive; return the number of files. Raises EncryptionError and OSError."""
    archive, contents = folder / ARCHIVE, folder / CONTENTS
    if not archive.is_file():
        if not is_finished(folder, now_utc_s):
            raise EncryptionError(
                "cannot encrypt: the flight is being recorded",
                where=str(folder),
                hint="wait until the flight has ended",
            )
        plain = sorted(
            path for path in folder.iterdir() if path.is_file() and path != contents and path.suffix != _NEW
        )
        listed = {path.name: _fingerprint(path) for path in plain}
        new = archive.with_name(ARCHIVE + _NEW)
        with new.open("wb") as file:
            _encrypt_into(file, plain, recipients)
            file.flush()
            os.fsync(file.fileno())
        if {path.name: _fingerprint(path) for path in plain} != listed:
            new.unlink()
            raise EncryptionError(
                "cannot encrypt: a file changed meanwhile",
                where=str(folder),
                hint="nothing was encrypted; try again",
            )
        contents_of = listed | {ARCHIVE: _fingerprint(new)}
        write_atomically(contents, json.dumps(contents_of, indent=1).encode() + b"\n")
        new.replace(archive)
        _sync_folder(folder)
    listed, _ = _contents(folder)
    for name, fingerprint in listed.items():
        path = folder / name
        if path.is_file():
            if _fingerprint(path) != fingerprint:
                raise EncryptionError(
                    "cannot remove the plain file: it differs from the encrypted one",
                    where=str(path),
                    hint="move one of the two to another folder",
                )
            path.unlink()
    _sweep(folder)
    # Files computed from the record reveal its contents, and can be computed again.
    # "columns.*": left by a query that was killed.
    for computed in (folder / "columns", *folder.glob("columns.*")):
        shutil.rmtree(computed, ignore_errors=True)
    catalogue.remove_flights([folder])
    return len(listed)


def decrypt(folder: Path, identities: list[Any]) -> int:
    """Restore the files and remove the archive; return their number. Raises EncryptionError, VerificationFailed and
    OSError."""
    number = extract(folder, folder, identities)
    _sweep(folder)
    _sync_folder(folder)
    (folder / ARCHIVE).unlink()
    (folder / CONTENTS).unlink(missing_ok=True)
    return number


def _sweep(folder: Path) -> None:
    """Remove the readable temporary files of an interrupted run."""
    for begun in folder.glob("*" + _NEW):
        begun.unlink()


def extract(folder: Path, target: Path, identities: list[Any]) -> int:
    """Write the files of the archive into `target`, each checked against its SHA-256. Raises as `decrypt`."""
    (listed, sealed), done = _contents(folder), set()
    with _decrypted(folder / ARCHIVE, identities, sealed) as tar:
        for member in tar:
            if not member.isreg() or member.name not in listed:
                raise VerificationFailed(
                    f"the archive holds a file that is not in its list: {member.name}",
                    where=str(folder / ARCHIVE),
                )
            source = tar.extractfile(member)
            assert source is not None
            new = target / (member.name + _NEW)
            with new.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
                file.flush()
                os.fsync(file.fileno())
            if _fingerprint(new) != listed[member.name]:
                new.unlink()
                raise VerificationFailed(
                    f"{member.name} differs from the encrypted file", where=str(folder / ARCHIVE)
                )
            new.replace(target / member.name)
            done.add(member.name)
    if done != set(listed):
        raise VerificationFailed(
            f"{sorted(set(listed) - done)[0]} is missing in the archive", where=str(folder / ARCHIVE)
        )
    return len(done)


def _encrypt_into(file: IO[bytes], plain: list[Path], recipients: list[Any]) -> None:
    import pyrage

    trouble: list[OSError] = []
    reading, writing = os.pipe()

    def pack() -> None:
        try:
            with os.fdopen(writing, "wb") as pipe, tarfile.open(fileobj=pipe, mode="w|") as tar:
                for path in plain:
                    tar.add(path, arcname=path.name, recursive=False)
        except OSError as error:
            trouble.append(error)

    packing = threading.Thread(target=pack)
    with os.fdopen(reading, "rb") as pipe:
        packing.start()
        try:
            pyrage.encrypt_io(pipe, file, recipients)
        finally:
            pipe.close()
            packing.join()
    if trouble:
        raise trouble[0]


@contextmanager
def _decrypted(archive: Path, identities: list[Any], sealed: list[Any] | None) -> Iterator[tarfile.TarFile]:
    import pyrage

    torn, trouble = "", list[str]()
    reading, writing = os.pipe()

    def unlock() -> None:
        try:
            with archive.open("rb") as file, os.fdopen(writing, "wb") as pipe:
                pyrage.decrypt_io(file, pipe, identities)
        except (OSError, pyrage.DecryptError) as error:
            trouble.append(str(error))

    unlocking = threading.Thread(target=unlock)
    try:
        with os.fdopen(reading, "rb") as pipe:
            unlocking.start()
            with tarfile.open(fileobj=pipe, mode="r|") as tar:
                yield tar
            while pipe.read(1 << 20):
                pass
    except tarfile.TarError as error:
        torn = str(error)
    finally:
        unlocking.join()
    # Either of the two may come first: a failed decryption also cuts off the tar stream.
    if trouble or torn:
        raise _unreadable(archive, (trouble or [torn])[0], sealed)


def _unreadable(archive: Path, why: str, sealed: list[Any] | None) -> UserError | VerificationFailed:
    """The error for an archive that cannot be read: damaged, or encrypted to another key."""
    unchanged = sealed is not None and _fingerprint(archive) == sealed
    if "No matching keys" in why and (unchanged or sealed is None):
        return EncryptionError(
            "cannot decrypt: the identity is not one of its recipients",
            where=str(archive),
            hint="use the identity of a recipient",
        )
    return VerificationFailed(
        f"the archive is damaged ({why})",
        where=str(archive),
        hint="restore it from a backup, and keep this one unchanged",
    )


def _contents(folder: Path) -> tuple[dict[str, list[Any]], list[Any] | None]:
    """Length and SHA-256 of each file in the archive, and of the archive itself (None if the list lacks it)."""
    try:
        listed = json.loads((folder / CONTENTS).read_bytes())
    except (OSError, ValueError) as error:
        raise EncryptionError(
            f"cannot read the list of files: {error}",
            where=str(folder / CONTENTS),
            hint=f"age --decrypt reads {ARCHIVE} without it",
        ) from None
    plain = isinstance(listed, dict) and all(Path(name).name == name for name in listed)
    if not plain:
        raise EncryptionError(
            "invalid list of files",
            where=str(folder / CONTENTS),
            hint=f"age --decrypt reads {ARCHIVE} without it",
        )
    return {name: fingerprint for name, fingerprint in listed.items() if name != ARCHIVE}, listed.get(ARCHIVE)


def _fingerprint(path: Path) -> list[Any]:
    with path.open("rb") as file:
        return [path.stat().st_size, file_digest(file, "sha256").hexdigest()]


def _sync_folder(folder: Path) -> None:
    """Flush the folder's entries to the disk; Windows does so by itself and has no such call."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
