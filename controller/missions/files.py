"""Opening and saving mission files; the format of a file is known by its content, that of a new one by its name."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from controller.missions.errors import PlanError
from controller.missions.formats import qgc_plan, waypoints_txt
from controller.missions.formats.text_file import read_text, save_bytes
from controller.missions.plan import Plan

_SUFFIXES: dict[str, ModuleType] = {
    ".plan": qgc_plan,
    ".txt": waypoints_txt,
    ".waypoints": waypoints_txt,
    ".mission": waypoints_txt,
}


def open_plan(path: str | Path) -> Plan:
    """Read a mission file of any format we know. Raises PlanError naming file and line or field."""
    path = Path(path)
    return read_plan(read_text(path), str(path))


def read_plan(text: str, file: str) -> Plan:
    """Read the text of a mission file; `file` is only its name in messages."""
    for format_ in (qgc_plan, waypoints_txt):
        if format_.looks_like(text):
            plan: Plan = format_.read(text, file)
            return plan
    raise PlanError("not a mission file: neither QGroundControl's .plan nor QGC WPL text", where=file)


def format_for(path: str | Path) -> str:
    """The format a new file of this name will have. Raises PlanError for a name that tells none."""
    return _writer(Path(path)).FORMAT  # type: ignore[no-any-return]


def text_for(plan: Plan, path: str | Path) -> str:
    """The text of the plan in the format that the name `path` asks for."""
    text: str = _writer(Path(path)).write(plan)
    return text


def save_plan(plan: Plan, path: str | Path) -> None:
    """Write a plan in the format of the file's ending.

    `.plan` is QGroundControl's format; `.txt`, `.waypoints` and `.mission` are QGC WPL text.
    Raises PlanError for another ending, a plan that the format cannot hold, or a file that cannot be written.
    """
    path = Path(path)
    save_bytes(path, text_for(plan, path).encode("utf-8"))


def _writer(path: Path) -> ModuleType:
    try:
        return _SUFFIXES[path.suffix.lower()]
    except KeyError:
        raise PlanError(
            f"the name ends in {path.suffix or 'nothing'}, which tells no mission format",
            where=str(path),
            hint="name it .plan (QGroundControl) or .txt (QGC WPL)",
        ) from None
