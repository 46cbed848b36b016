"""Exports of a flight as one file each: tables in a folder become a zip file."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from controller.errors import UserError
from controller.logs.export.export import FORMATS, TABULAR, export
from controller.logs.privacy.anonymize_log import anonymize_log
from controller.logs.privacy.anonymize_rules import LEVELS
from controller.logs.report.report import write_report
from controller.web.flights.jobs.source import Source

REPORT, ANONYMIZED = "report", "anonymized"
KINDS = (REPORT, *FORMATS, ANONYMIZED)


def write_export(source: Source, kind: str, target: Path, level: str = "identity") -> Path:
    """Write one of `KINDS` into the folder `target`; return the file. `level` is that of an anonymized copy.

    Raises UserError and what the exports raise.
    """
    if kind == REPORT:
        return write_report(source.record, target / f"{source.name}.html")
    if kind == ANONYMIZED:
        known = next((one for one in LEVELS if one == level), None)
        if known is None:
            raise UserError(f"invalid level '{level[:20]}'", hint=f"use {', '.join(LEVELS)}")
        return anonymize_log(source.log, target / f"anonymized{source.log.suffix}", known).path
    if kind not in FORMATS:
        raise UserError(f"invalid format '{kind[:20]}'", hint=f"use {', '.join(KINDS)}")
    if kind not in TABULAR:
        path = target / f"{source.name}.{kind}"
        export(source.record, kind, path)
        return path
    folder = target / f"{source.name}-{kind}"
    export(source.record, kind, folder)
    return _zipped(folder, compressed=kind == "csv")


def _zipped(folder: Path, *, compressed: bool) -> Path:
    """Pack a folder into a zip file and remove it."""
    path = folder.with_name(folder.name + ".zip")
    how = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", how, compresslevel=1) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    shutil.rmtree(folder)
    return path
