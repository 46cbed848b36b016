"""Finished flights encrypted to age recipients, one `flight.tar.age` in place of the folder's files.

    age --decrypt -i key.txt flight.tar.age | tar -x        reads it without Landline (age-encryption.org/v1, ustar/pax)
 The archive is written whole and forced to the disk before the first plain file goes, and every plain file is there
before the archive goes; `flight.files.json` says in the clear which files it holds (name, length, SHA-256), so that
being stopped at any moment leaves each file in one of the two, and the next run ends what was begun. Of the archive
it says the same, so that damage is told apart from a wrong key.
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
# A record without an end that nobody wrote to for so long belongs to a process that died.
IDLE_S = 3600.0


class EncryptionError(UserError):
    """A flight that cannot be encrypted or decrypted as asked."""


def recipients_of(words: Sequence[str]) -> list[Any]:
    """Age's public keys (`age1...`) or SSH's, or files of them, one a line. Raises EncryptionError."""
    from pyrage import RecipientError, ssh, x25519

    lines = []
    for word in words:
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
                f"'{line[:20]}' is no age recipient: {error}",
                hint="age-keygen makes a key; its public one begins with age1",
            ) from None
    if not found:
        raise EncryptionError("to whom?", hint="--to age1..., or a file of such lines")
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
        raise EncryptionError(f"the identity cannot be read: {error}", where=str(path)) from None
    if not found:
        raise EncryptionError(
            "there is no age identity in it", where=str(path), hint="it has a line AGE-SECRET-KEY-..."
        )
    return found


def is_finished(folder: Path, now_utc_s: float) -> bool:
    """Whether nobody records into it: its end was written, or nothing was for an hour."""
    if any(event.get("kind") == "end" for event in store.read_events(folder)):
        return True
    times_s = [path.stat().st_mtime for path in folder.iterdir()]
    return not times_s or now_utc_s - max(times_s) > IDLE_S


def encrypt(folder: Path, recipients: list[Any], *, now_utc_s: float) -> int:
    """Replace the flight's files by the archive; gives the number of files. Raises EncryptionError and OSError."""
    archive, contents = folder / ARCHIVE, folder / CONTENTS
    if not archive.is_file():
        if not is_finished(folder, now_utc_s):
            raise EncryptionError(
                "it is being recorded", where=str(folder), hint="wait until the flight has ended"
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
                "it changed meanwhile", where=str(folder), hint="nothing was encrypted; try again"
            )
        told = listed | {ARCHIVE: _fingerprint(new)}
        write_atomically(contents, json.dumps(told, indent=1).encode() + b"\n")
        new.replace(archive)
        _sync_folder(folder)
    listed, _ = _contents(folder)
    for name, fingerprint in listed.items():
        path = folder / name
        if path.is_file():
            if _fingerprint(path) != fingerprint:
                raise EncryptionError(
                    "it differs from what was encrypted",
                    where=str(path),
                    hint="move one of the two elsewhere",
                )
            path.unlink()
    _sweep(folder)
    # What was computed from the record can be computed again, and would tell of it.
    shutil.rmtree(folder / "columns", ignore_errors=True)
    catalogue.remove_flights([folder])
    return len(listed)


def decrypt(folder: Path, identities: list[Any]) -> int:
    """Put the files back in place of the archive; gives their number. Raises EncryptionError, VerificationFailed and
    OSError."""
    number = extract(folder, folder, identities)
    _sweep(folder)
    _sync_folder(folder)
    (folder / ARCHIVE).unlink()
    (folder / CONTENTS).unlink(missing_ok=True)
    return number


def _sweep(folder: Path) -> None:
    """Take away the beginnings that a run before was stopped in: they would be readable."""
    for begun in folder.glob("*" + _NEW):
        begun.unlink()


def extract(folder: Path, target: Path, identities: list[Any]) -> int:
    """Write the files of the archive into `target`, each whole and compared with its SHA-256. Raises as `decrypt`."""
    (listed, sealed), done = _contents(folder), set()
    with _decrypted(folder / ARCHIVE, identities, sealed) as tar:
        for member in tar:
            if not member.isreg() or member.name not in listed:
                raise VerificationFailed(
                    f"'{member.name}' does not belong into it", where=str(folder / ARCHIVE)
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
                    f"{member.name} is not what was encrypted", where=str(folder / ARCHIVE)
                )
            new.replace(target / member.name)
            done.add(member.name)
    if done != set(listed):
        raise VerificationFailed(
            f"{sorted(set(listed) - done)[0]} is missing in it", where=str(folder / ARCHIVE)
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
    # Whichever of the two was first: a tar that is cut off is what a failed decryption looks like from its other end.
    if trouble or torn:
        raise _unreadable(archive, (trouble or [torn])[0], sealed)


def _unreadable(archive: Path, why: str, sealed: list[Any] | None) -> UserError | VerificationFailed:
    """An archive that was damaged does not read as a wrong key, nor the other way round."""
    unchanged = sealed is not None and _fingerprint(archive) == sealed
    if "No matching keys" in why and (unchanged or sealed is None):
        return EncryptionError(
            "this identity does not open it", where=str(archive), hint="name that of one of its recipients"
        )
    return VerificationFailed(
        f"the archive is not as it was written ({why})",
        where=str(archive),
        hint="take it from a backup, and keep this one as it is",
    )


def _contents(folder: Path) -> tuple[dict[str, list[Any]], list[Any] | None]:
    """Length and SHA-256 of each file in the archive, and of the archive (None where the list does not tell)."""
    try:
        listed = json.loads((folder / CONTENTS).read_bytes())
    except (OSError, ValueError) as error:
        raise EncryptionError(
            f"its list of files cannot be read: {error}",
            where=str(folder / CONTENTS),
            hint=f"age --decrypt reads {ARCHIVE} without it",
        ) from None
    plain = isinstance(listed, dict) and all(Path(name).name == name for name in listed)
    if not plain:
        raise EncryptionError(
            "its list of files is broken",
            where=str(folder / CONTENTS),
            hint=f"age --decrypt reads {ARCHIVE} without it",
        )
    return {name: told for name, told in listed.items() if name != ARCHIVE}, listed.get(ARCHIVE)


def _fingerprint(path: Path) -> list[Any]:
    with path.open("rb") as file:
        return [path.stat().st_size, file_digest(file, "sha256").hexdigest()]


def _sync_folder(folder: Path) -> None:
    """Names too are on the disk; Windows forces them by itself and knows no such call."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
