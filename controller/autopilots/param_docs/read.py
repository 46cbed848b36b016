"""Documentation files of parameters in any of the formats, and those of the package."""

from __future__ import annotations

import json
import lzma
from functools import cache
from typing import Any

from controller.autopilot_facts import param_docs as packed_tables
from controller.autopilots.param_docs import component_file, pdef_files
from controller.autopilots.param_docs.docs import NO_DOCS, ParamDocs
from controller.errors import UserError

LARGEST = 16_000_000
"""Bytes of a documentation file, unpacked; the largest known has 4 MB."""
_PACKED = {"PX4": "PX4 1.17, packed with Landline"}
_XZ = b"\xfd7zXZ\0"


def read_docs(data: bytes, source: str) -> ParamDocs:
    """Read a documentation file: PX4's parameters.json, ArduPilot's apm.pdef.xml or apm.pdef.json, also packed with xz.

    Raises UserError for any other file.
    """
    try:
        content = unpacked(data).decode("utf-8-sig")
        if content.lstrip().startswith("<"):
            docs = pdef_files.read_xml(content)
        else:
            docs = _from_json(json.loads(content))
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"cannot read the documentation: {str(error)[:100]}",
            where=source,
            hint="give apm.pdef.xml, apm.pdef.json or parameters.json of the firmware",
        ) from None
    if not docs:
        raise UserError(
            "cannot read the documentation: no parameters in it",
            where=source,
            hint="give apm.pdef.xml, apm.pdef.json or parameters.json of the firmware",
        )
    return ParamDocs(source, docs)


@cache
def packed_docs(firmware: str) -> ParamDocs:
    """Return the documentation of the package for a firmware family, an empty one where there is none."""
    file = packed_tables.FOLDER / f"{firmware.lower()}.json.xz"
    if firmware not in _PACKED or not file.is_file():
        return NO_DOCS
    return read_docs(file.read_bytes(), _PACKED[firmware])


def unpacked(data: bytes) -> bytes:
    """Return a file without its packing. Raises ValueError for one that is too large or damaged."""
    if len(data) > LARGEST:
        raise ValueError("the file is too large")
    if not data.startswith(_XZ):
        return data
    try:
        unpacker = lzma.LZMADecompressor(memlimit=128 << 20)
        content = unpacker.decompress(data, max_length=LARGEST)
    except lzma.LZMAError as error:
        raise ValueError(str(error)) from None
    if not unpacker.eof:
        raise ValueError("the file is cut or too large")
    return content


def _from_json(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise ValueError("no JSON object")
    if isinstance(document.get("parameters"), list):
        return dict(component_file.read(document))
    return dict(pdef_files.read_json(document))
