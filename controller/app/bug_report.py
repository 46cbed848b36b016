"""Report file of a bug in Landline."""

from __future__ import annotations

import platform
import tempfile
import traceback
from pathlib import Path

import controller
from controller.guard.data_folder import data_folder


def write_bug_report(error: BaseException, about: str) -> str:
    """Write a report file with the traceback, and return where it is: "report: PATH".

    `about` is a line of the report on what was being done.
    """
    system = f"Python {platform.python_version()}, {platform.platform()}"
    head = f"landline {controller.__version__}, {system}\n{about}\n\n"
    try:
        with tempfile.NamedTemporaryFile(
            "w",
            dir=_folder(),
            prefix="landline-bug-",
            suffix=".txt",
            delete=False,
            encoding="utf-8",
            errors="backslashreplace",
        ) as file:
            file.write(head + "".join(traceback.format_exception(error)))
    except OSError:
        return "cannot write a report; run again with --debug"
    return f"report: {Path(file.name)}"


def _folder() -> Path | None:
    """Return the folder of reports; None for the system's. A sealed run removes its own temporary files."""
    data = data_folder()
    if not Path(tempfile.gettempdir()).is_relative_to(data):
        return None
    folder = data / "reports"
    folder.mkdir(exist_ok=True)
    return folder


def bug_line(error: BaseException, where: str) -> str:
    """Return the line that tells a user of a bug; `where` is what `write_bug_report` returned."""
    summary = " ".join(str(error).split()) or "no message"
    return f"{type(error).__name__}: {summary} (Landline's fault); {where}"
