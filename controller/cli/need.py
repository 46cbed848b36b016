"""What one command may use, and how its parsed arguments say so. See `controller.cli.needs` for the commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from controller.guard.opener import Endpoint

Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a command may use beside Landline's own folders.

    `urls` are link URLs, `listens` the listeners of the web page, `programs` names of programs that the process itself
    starts. `inside` are URLs that are no links: terminals between parts of the run, ports that are only tried.
    `folders` are written to and made; of `files` each is written, and others beside it for a moment.
    `unsealed` is the reason why the kernel cannot seal the command, "" where it can. `script` is whether it runs a
    script of the operator, which needs a loopback inside the seal, and which nothing holds outside one.
    """

    urls: tuple[str, ...] = ()
    listens: tuple[Endpoint, ...] = ()
    programs: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    unsealed: str = ""
    script: bool = False


def paths(*given: Any) -> tuple[Path, ...]:
    """Return the paths that were given."""
    return tuple(Path(one) for one in given if one is not None)


def links(given: Given, name: str = "link") -> tuple[str, ...]:
    """Return the link URLs that were given."""
    link = given.get(name)
    return () if not link else (link,) if isinstance(link, str) else tuple(link)
