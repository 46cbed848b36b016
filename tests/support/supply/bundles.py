"""Small wheels, a lock of them, and bundles made of both."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from controller.app.bundle.make import MadeBundle, make_bundle
from controller.logs.record.keys import RecordKey, load_key

MADE_AT = "2026-05-17T09:30:12Z"


def write_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    needs: Iterable[str] = (),
    tag: str = "py3-none-any",
    body: str = "",
) -> Path:
    """Write a wheel with one module, which pip installs; return its path."""
    info = f"{name}-{version}.dist-info"
    fields = [
        *("Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", "License-Expression: MIT"),
        *(f"Requires-Dist: {one}" for one in needs),
    ]
    files = {
        f"{name}.py": f"VERSION = {version!r}\n{body}",
        f"{info}/METADATA": "\n".join(fields) + "\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text)}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for inside, text in files.items():
            wheel.writestr(inside, text)
    return path


def write_test_lock(path: Path, wheels: Iterable[Path]) -> Path:
    """Write a lock of wheels, with the hash of each."""
    lines = []
    for wheel in wheels:
        name, version = wheel.name.split("-")[:2]
        lines.append(
            f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
        )
    path.write_text("".join(lines), encoding="utf-8")
    return path


def make_small(
    tmp_path: Path, out: str = "bundle", data: Mapping[str, Iterable[Path]] | None = None
) -> tuple[Path, MadeBundle, RecordKey]:
    """Make a bundle of Landline and one other package, with a map and `data`; return path, result and key."""
    wheels = tmp_path / "wheels"
    write_wheel(wheels, "landline", "9.9", needs=["helper >=1"])
    helper = write_wheel(wheels, "helper", "1.2")
    lock = write_test_lock(tmp_path / "test.lock", [helper])
    (tmp_path / "field.mbtiles").write_bytes(b"map")
    key = load_key(tmp_path / "maker")
    path = tmp_path / out
    packed = {"maps": [tmp_path / "field.mbtiles"], **(data or {})}
    return path, make_bundle(path, wheels, packed, key, made_at=MADE_AT, lock=lock), key
