"""Component metadata as PX4 serves it: a general file that names the file of the parameters, both packed with xz.

The documentation is that of PX4 1.17, of the parameters that the emulated autopilot has, with its own defaults.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from controller.autopilot_facts import param_docs
from controller.protocol.ftp.wire import checksum
from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import REAL32
from controller.wire import messages as m
from controller.wire.enums import COMP_METADATA_TYPE
from controller.wire.message import Message

FOLDER = "etc/extras"
GENERAL, PARAMETERS = f"{FOLDER}/component_general.json.xz", f"{FOLDER}/parameters.json.xz"


class Px4Metadata:
    """The metadata files of an autopilot with these parameters and defaults; they are made when first asked for."""

    def __init__(self, defaults: Sequence[ParamValue]) -> None:
        self._defaults = defaults

    @property
    def files(self) -> dict[str, Callable[[], bytes]]:
        """The files by path."""
        return {f"/{GENERAL}": lambda: self.general, f"/{PARAMETERS}": lambda: self.parameters}

    @property
    def message(self) -> Message:
        """COMPONENT_METADATA, which names the general file."""
        made: Message = m.COMPONENT_METADATA(uri=f"mftp://{GENERAL}", file_crc=checksum(self.general))
        return made

    @cached_property
    def general(self) -> bytes:
        """The general file."""
        kind = {
            "type": int(COMP_METADATA_TYPE.PARAMETER),
            "uri": f"mftp://{PARAMETERS}",
            "fileCrc": checksum(self.parameters),
        }
        return _packed({"version": 1, "metadataTypes": [kind]})

    @cached_property
    def parameters(self) -> bytes:
        """The file of the parameters."""
        packed = lzma.decompress((param_docs.FOLDER / "px4.json.xz").read_bytes())
        known = {row["name"]: row for row in json.loads(packed)["parameters"]}
        return _packed({"version": 1, "parameters": [_row(one, known) for one in self._defaults]})


def _row(value: ParamValue, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    kind = "Float" if value.type == REAL32 else "Int32"
    return {**known.get(value.name, {}), "name": value.name, "type": kind, "default": value.value}


def _packed(document: dict[str, Any]) -> bytes:
    return lzma.compress(json.dumps(document).encode(), check=lzma.CHECK_CRC32)
