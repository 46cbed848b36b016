"""Interface of a mission file format. `registry` lists the formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from controller.missions.formats.text_file import decode
from controller.missions.losses import ConversionLoss
from controller.missions.plan import Plan

__all__ = ["ConversionLoss", "MissionFormat", "ReadFormat", "text_format"]


@dataclass(frozen=True, slots=True)
class MissionFormat:
    """Mission file format.

    `name` identifies it in `PlanSource` and in the API, `title` names it to the user; `endings` are the file name
    endings in lower case, the usual one first. `sniff(data)` recognizes a file by its content. `read(data, file)`
    returns the plan or raises PlanError with file and place. `has_home_row`: the first row of a file may be the home
    position, and `read` takes `home_row` to say whether it is. `write(plan)` returns the bytes of a file, without the
    parts that `losses(plan)` lists. `unchanged(plan)` returns whether the plan was read from this format and not
    changed; then nothing is lost.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    sniff: Callable[[bytes], bool]
    read: Callable[..., Plan]
    write: Callable[[Plan], bytes]
    losses: Callable[[Plan], Iterable[ConversionLoss]]
    unchanged: Callable[[Plan], bool] = lambda plan: False  # noqa: ARG005
    has_home_row: bool = False


@dataclass(frozen=True, slots=True)
class ReadFormat:
    """File format that is read only. The fields are those of MissionFormat."""

    name: str
    title: str
    sniff: Callable[[bytes], bool]
    read: Callable[..., Plan]
    has_home_row: bool = False


def text_format(
    *,
    name: str,
    title: str,
    endings: tuple[str, ...],
    begins_with: bytes,
    read: Callable[..., Plan],
    write: Callable[[Plan], str],
    losses: Callable[[Plan], Iterable[ConversionLoss]],
    unchanged: Callable[[Plan], bool],
    has_home_row: bool = False,
) -> MissionFormat:
    """Return the format of UTF-8 text files that begin with `begins_with`, after white space and a byte order mark."""
    return MissionFormat(
        name=name,
        title=title,
        endings=endings,
        sniff=lambda data: data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(begins_with),
        read=lambda data, file, **options: read(decode(data, file), file, **options),
        write=lambda plan: write(plan).encode("utf-8"),
        losses=losses,
        unchanged=unchanged,
        has_home_row=has_home_row,
    )
