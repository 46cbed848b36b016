"""Firmware images of the ground box that came with the bundle which Landline was installed from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from controller.errors import UserError
from controller.guard.bundled_data import bundled_files


@dataclass(frozen=True, slots=True)
class BundledImage:
    """What the head of an image says of itself; its signature is verified when a box is updated."""

    path: Path
    board: str
    version: str


def bundled_images(prefix: str | None = None) -> list[BundledImage]:
    """Return the images of the ground box in the bundle, sorted by path; other firmware is left out."""
    found = []
    for path in bundled_files("firmware", prefix):
        head = _head(path)
        if head is not None:
            found.append(BundledImage(path, *head))
    return found


def image_for(board: str, prefix: str | None = None) -> Path:
    """Return the bundle's image for a board, one for this board before one for any. Raises UserError."""
    images = bundled_images(prefix)
    for wanted in (board, "any"):
        fitting = [image.path for image in images if image.board == wanted]
        if len(fitting) > 1:
            raise UserError(
                f"cannot choose an image: {len(fitting)} of the bundle are for {wanted}",
                where=", ".join(str(path) for path in fitting),
                hint="name one",
            )
        if fitting:
            return fitting[0]
    raise UserError(
        f"no IMAGE was given, and Landline was not installed from a bundle with one for {board}",
        hint="name an image made by `landline box image`",
    )


def _head(path: Path) -> tuple[str, str] | None:
    from firmware.roles.update import MAGIC, MAX_MANIFEST

    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return None
        size = int.from_bytes(file.read(4), "big")
        if size > MAX_MANIFEST:
            return None
        text = file.read(size)
    try:
        manifest = json.loads(text)
        return str(manifest["board"]), str(manifest["version"])
    except (ValueError, KeyError, TypeError):
        return None
