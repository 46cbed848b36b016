"""What `landline box` does with files and programs: the firmware's files, the operator's key, a box as a process."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from binascii import unhexlify
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from controller.errors import LinkError, UserError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NOT_ON_A_BOARD = {"firmware/image.py", "firmware/manifest.py", "firmware/core/plain.pyi"}


def firmware_files() -> dict[str, bytes]:
    """The firmware as it goes onto a board, by name."""
    import firmware

    root = Path(str(firmware.__file__)).parent
    found = {f"firmware/{path.relative_to(root).as_posix()}": path for path in sorted(root.rglob("*.py"))}
    return {name: path.read_bytes() for name, path in found.items() if name not in NOT_ON_A_BOARD}


def operator_key(path: Path) -> Ed25519PrivateKey:
    """The key in a PEM file; a new one, written with mode 0600, where there is none. Raises UserError."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not path.exists():
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(pem)
        except OSError as error:
            raise UserError(f"the key cannot be written: {error.strerror}", where=str(path)) from None
        return key
    try:
        loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"is no key that can be read: {error}", where=str(path)) from None
    if not isinstance(loaded, Ed25519PrivateKey):
        raise UserError("is a key, but not of Ed25519", where=str(path))
    return loaded


def public_hex(key: Ed25519PrivateKey) -> str:
    """As it goes into `keys.operator` of a box."""
    return key.public_key().public_bytes_raw().hex()


def operator_of(folder: Path) -> bytes:
    """Whose images the box of this folder takes. Raises UserError when its settings do not say."""
    from firmware.config import ConfigError, parse

    path = folder / "config.json"
    try:
        operator = parse(path.read_text(encoding="utf-8"))["keys"]["operator"]
    except (OSError, UnicodeDecodeError, ConfigError) as error:
        raise UserError(f"the box's settings cannot be used: {error}", where=str(path)) from None
    if not operator:
        raise UserError("has no keys.operator, so the box takes no images", where=str(path))
    return unhexlify(operator)


def run_firmware(program: Path, settings: Path, ready: Callable[[list[str], str, int], None]) -> int:
    """A box as a process of this terminal, until it ends. `ready` gets its ports, what is wrong with its settings, and its number.

    Raises LinkError when it never gets ready.
    """
    import firmware

    root = Path(str(firmware.__file__)).parent.parent
    box = subprocess.Popen(
        [str(program), "-m", "firmware.main", "--config", str(settings.resolve())],
        env={**os.environ, "MICROPYPATH": f"{root}:.frozen"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert box.stdout is not None
    with box.stdout as lines:
        first = lines.readline()
        try:
            said = json.loads(first)
            ready(said["ports"], said["problem"], box.pid)
        except (ValueError, KeyError, TypeError):
            box.wait()
            raise LinkError(
                f"the box did not start: {first.strip() or 'it said nothing'}", where=str(settings)
            ) from None
        try:
            return box.wait()
        except KeyboardInterrupt:
            # A terminal sends Ctrl-C to it as well; whoever interrupts us alone means it too. It closes its record.
            try:
                box.wait(2.0)
            except subprocess.TimeoutExpired:
                box.send_signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    box.wait(5.0)
            raise
        finally:
            if box.poll() is None:
                box.terminate()
                box.wait()
