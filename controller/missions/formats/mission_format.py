"""Interface of a mission file format. `registry` lists the formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from controller.missions.formats.text_file import decode
from controller.missions.plan import Plan


@dataclass(frozen=True, slots=True)
class ConversionLoss:
    """Part of a plan that a format cannot hold: its item (0: the plan as a whole), the part, and the reason."""

    item: int
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class MissionFormat:
    """Mission file format.

    `name` identifies it in `PlanSource` and in the API, `title` names it to the user; `endings` are the file name
    endings in lower case, the usual one first. `sniff(data)` recognizes a file by its content. `read(data, file)`
    returns the plan or raises PlanError with file and place. `write(plan)` returns the bytes of a file, without the
    parts that `losses(plan)` lists. `unchanged(plan)` returns whether the plan was read from this format and not
    changed; then nothing is lost.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    sniff: Callable[[bytes], bool]
    read: Callable[[bytes, str], Plan]
    write: Callable[[Plan], bytes]
    losses: Callable[[Plan], Iterable[ConversionLoss]]
    unchanged: Callable[[Plan], bool] = lambda plan: False  # noqa: ARG005


def text_format(
    *,
    name: str,
    title: str,
    endings: tuple[str, ...],
    begins_with: bytes,
    read: Callable[[str, str], Plan],
    write: Callable[[Plan], str],
    losses: Callable[[Plan], Iterable[ConversionLoss]],
    unchanged: Callable[[Plan], bool],
) -> MissionFormat:
    """Return the format of UTF-8 text files that begin with `begins_with`, after white space and a byte order mark."""
    return MissionFormat(
        name=name,
        title=title,
        endings=endings,
        sniff=lambda data: data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(begins_with),
        read=lambda data, file: read(decode(data, file), file),
        write=lambda plan: write(plan).encode("utf-8"),
        losses=losses,
        unchanged=unchanged,
    )
