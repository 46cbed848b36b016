"""The table of cameras, and camera files of the operator: TOML, one `[[camera]]` for each camera."""

from __future__ import annotations

import math
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from controller.missions.cameras.model import CameraModel
from controller.missions.errors import PlanError
from controller.missions.formats.text_file import decode, read_bytes
from controller.near_names import did_you_mean, near_names

_FOLDER = Path(__file__).parent
_PAIRS = {"sensor_mm": (0.1, 1000.0), "image_px": (1, 1_000_000)}
_NUMBERS = {"min_interval_s": (0.0, 3600.0), "trigger_delay_s": (0.0, 60.0)}
_FOCAL_MM = (0.1, 10_000.0)
_TEXTS = ("name", "source", "note")
_KEYS = (*_TEXTS, "also", "focal_mm", *_PAIRS, *_NUMBERS)


@cache
def known_cameras() -> tuple[CameraModel, ...]:
    """Return the cameras of the table, sorted by name."""
    models = [
        model
        for path in sorted(_FOLDER.glob("*.toml"))
        for model in _models(path.read_text(encoding="utf-8"), path.name)
    ]
    return tuple(sorted(models, key=lambda model: model.name.casefold()))


def find_camera(name: str) -> CameraModel:
    """Return a camera of the table by one of its names, in any case. Raises PlanError with the nearest names."""
    by_name = {_folded(one): model for model in known_cameras() for one in (model.name, *model.also)}
    found = by_name.get(_folded(name))
    if found is None:
        names = [one for model in known_cameras() for one in (model.name, *model.also)]
        inside = [one for one in names if _folded(name) and _folded(name) in _folded(one)]
        near = inside[:3] or near_names(name, names, most=3, least=0.5)
        raise PlanError(
            f"no camera is named '{name}'{did_you_mean(near)}",
            where="--camera",
            hint="landline mission cameras lists them; FILE.toml is your own",
        )
    return found


def read_camera(path: Path) -> CameraModel:
    """Return the camera of a file. Raises PlanError for a file that is no camera, or several."""
    models = _models(decode(read_bytes(path), str(path)), str(path))
    if len(models) != 1:
        raise PlanError(
            f"invalid camera file: it has {len(models)} cameras",
            where=str(path),
            hint="write one [[camera]], or its keys alone",
        )
    return models[0]


def _folded(name: str) -> str:
    """Return a name without what people write differently: case, spaces, hyphens and dots."""
    return re.sub(r"[\s._-]+", "", name.casefold())


def _models(text: str, where: str) -> list[CameraModel]:
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PlanError(f"invalid camera file: {error}", where=where, hint="write TOML") from None
    rows = document["camera"] if set(document) == {"camera"} else [document]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _wrong(where, "camera", "a list of tables", "write [[camera]]")
    return [_model(row, f"{where}: camera[{at}]" if len(rows) > 1 else where) for at, row in enumerate(rows)]


def _model(row: dict[str, Any], where: str) -> CameraModel:
    for key in row:
        if key not in _KEYS:
            near = did_you_mean(near_names(key, _KEYS))
            raise PlanError(
                f"invalid camera file: unknown key '{key}'{near}",
                where=where,
                hint="keys are " + ", ".join(_KEYS),
            )
    texts = {key: row[key] for key in _TEXTS if key in row}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise _wrong(where, key, "a text", "write it in quotes")
    if not texts.get("name"):
        raise _wrong(where, "name", "a text", "name the camera")
    also = row.get("also", [])
    if not isinstance(also, list) or not all(isinstance(one, str) for one in also):
        raise _wrong(where, "also", "a list of texts", 'write ["one", "two"]')
    pairs = {key: _pair(row[key], key, where, *_PAIRS[key]) for key in _PAIRS if key in row}
    numbers = {key: _number(row[key], key, where, *_NUMBERS[key]) for key in _NUMBERS if key in row}
    focal_mm = None
    if "focal_mm" in row:
        value = row["focal_mm"]
        focal_mm = _pair(value if isinstance(value, list) else [value, value], "focal_mm", where, *_FOCAL_MM)
        if focal_mm[0] > focal_mm[1]:
            raise _wrong(where, "focal_mm", "[shortest, longest]", "put the shortest first")
    image = pairs.pop("image_px", None)
    return CameraModel(
        name=texts["name"],
        source=texts.get("source", ""),
        note=texts.get("note", ""),
        min_interval_s=numbers.get("min_interval_s"),
        trigger_delay_s=numbers.get("trigger_delay_s"),
        also=tuple(also),
        focal_mm=focal_mm,
        sensor_mm=pairs.get("sensor_mm"),
        image_px=None if image is None else (round(image[0]), round(image[1])),
    )


def _pair(value: Any, key: str, where: str, least: float, most: float) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise _wrong(where, key, "two numbers", "write [width, height]")
    return _number(value[0], key, where, least, most), _number(value[1], key, where, least, most)


def _number(value: Any, key: str, where: str, least: float, most: float) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not least <= value <= most:
        raise _wrong(where, key, f"a number from {least:g} to {most:g}", "see the camera's data sheet")
    return float(value)


def _wrong(where: str, key: str, wanted: str, hint: str) -> PlanError:
    return PlanError(f"invalid camera file: {key} is not {wanted}", where=where, hint=hint)
