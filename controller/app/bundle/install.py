"""Installation of a bundle: a virtual environment filled from the bundle's wheels alone, by pip, without an index.

The files are copied into the new folder while they are hashed, and pip runs on the copies, after all of them verified.
Two programs are started, both of them this Python: `venv`, and the new environment's `pip`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from controller.app.bundle.known_keys import remember
from controller.app.bundle.make import REQUIREMENTS, WHEELS, new_folder
from controller.app.bundle.source import opened
from controller.app.bundle.verify import BundleVerification, compare, read_signed
from controller.errors import UserError, VerificationFailed
from controller.guard.bundled_data import DATA_FOLDERS, VENV

_BIN = "Scripts" if sys.platform == "win32" else "bin"
# pip reads its configuration and its options from the environment too; none of that may add an index.
_DROPPED = ("PIP_", "PYTHON", "VIRTUAL_ENV", "UV_")


@dataclass(frozen=True, slots=True)
class Installed:
    """What was installed: the verification, the environment's folder, and the folders of data that the bundle had."""

    verification: BundleVerification
    command: Path
    data: tuple[Path, ...]


def pip_arguments(python: Path, folder: Path) -> list[str]:
    """Return the command line that installs the wheels of a bundle's verified copy in `folder`."""
    return [
        *(str(python), "-I", "-m", "pip", "--isolated", "--disable-pip-version-check", "--no-cache-dir"),
        *("install", "--no-index", "--require-hashes", "--only-binary", ":all:", "--no-input", "--quiet"),
        *("--find-links", str(folder / WHEELS), "-r", str(folder / REQUIREMENTS)),
    ]


def clean_environment(given: dict[str, str]) -> dict[str, str]:
    """Return environment variables without those that change what Python or pip installs."""
    kept = {name: value for name, value in given.items() if not name.upper().startswith(_DROPPED)}
    # pip reads no configuration file at all.
    return {**kept, "PIP_CONFIG_FILE": os.devnull}


def install_bundle(
    path: Path,
    to: Path,
    keys: Path,
    given: frozenset[str] = frozenset(),
    *,
    run: Callable[[Sequence[str]], None] | None = None,
    on_verified: Callable[[BundleVerification], None] = lambda _: None,
) -> Installed:
    """Verify a bundle and install it into the new folder `to`; `given` and `keys` as for `read_signed`.

    `run` starts a program. On any failure the folder is removed. The key is remembered when all is done. Raises
    UserError and VerificationFailed; nothing was run when the verification failed.
    """
    run = _run if run is None else run
    with new_folder(to):
        found = copy_verified(path, to, keys, given)
        found.require(str(path))
        on_verified(found)
        run([sys.executable, "-I", "-m", "venv", str(to / VENV)])
        run(pip_arguments(to / VENV / _BIN / "python", to))
        shutil.rmtree(to / WHEELS)
    remember(keys, found.signed.key)
    data = tuple(to / name for name in DATA_FOLDERS if (to / name).is_dir())
    return Installed(found, to / VENV / _BIN / "landline", data)


def copy_verified(path: Path, to: Path, keys: Path, given: frozenset[str]) -> BundleVerification:
    """Copy the listed files of a bundle to a folder while they are compared with the signed list.

    Raises VerificationFailed for a wrong signature, before anything is copied. The result may name files that differ.
    """
    with opened(path) as files:
        signed = read_signed(files, keys, given)
        if any(name.split("/")[0].casefold() == VENV for name in signed.sums):
            raise VerificationFailed(f"invalid bundle: it has a folder {VENV}", where=str(path))
        found = compare(files, signed, to)
    for name, data in signed.raw.items():
        (to / name).write_bytes(data)
    return found


def _run(arguments: Sequence[str]) -> None:
    done = subprocess.run(
        arguments,
        env=clean_environment(dict(os.environ)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        step = arguments[3]
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise UserError(
            f"cannot install: {step} ended with {done.returncode}: {lines[-1] if lines else 'no message'}",
            hint="the bundle may lack wheels for this system or Python; bundle.json says what it was made on",
        )
