"""What Python packages declare of themselves: name, version, licence, other packages. Of wheels and of this machine."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from email.message import Message
from email.parser import Parser
from importlib import metadata
from pathlib import Path

from controller.app.bundle.lock import Pin, normal, read_lock
from controller.app.bundle.sbom import Component
from controller.errors import UserError

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_LICENCE = "License :: "
_LONGEST = 200


def declared(fields: Message) -> Component:
    """Return the component that the metadata of a Python package declares."""
    expression = str(fields.get("License-Expression") or "").strip()
    licence = "" if expression else _licence(fields)
    needs = []
    for requirement in fields.get_all("Requires-Dist") or ():
        found = _NAME.match(str(requirement))
        if found and "extra" not in str(requirement).partition(";")[2]:
            needs.append(normal(found[0]))
    return Component(
        "pypi",
        str(fields["Name"]),
        str(fields["Version"]),
        expression=expression,
        licence=licence,
        needs=tuple(sorted(set(needs))),
    )


def _licence(fields: Message) -> str:
    classes = [str(one) for one in fields.get_all("Classifier") or () if str(one).startswith(_LICENCE)]
    names = [one.rpartition(" :: ")[2] for one in classes]
    text = str(fields.get("License") or "").strip()
    # Some packages put the whole text of the licence here: its first line is the name.
    return "; ".join(names) or text.partition("\n")[0][:_LONGEST]


def wheel_component(path: Path, sha256: str) -> Component:
    """Return the component of a wheel. Raises UserError for a file that is no wheel."""
    try:
        with zipfile.ZipFile(path) as wheel:
            names = [name for name in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
            if len(names) != 1:
                raise UserError("invalid wheel: no single METADATA in it", where=str(path))
            text = wheel.read(names[0]).decode("utf-8")
    except (zipfile.BadZipFile, UnicodeDecodeError, OSError) as error:
        raise UserError("invalid wheel: it cannot be read", where=str(path)) from error
    fields = Parser().parsestr(text)
    if not fields["Name"] or not fields["Version"]:
        raise UserError("invalid wheel: METADATA without name and version", where=str(path))
    part = declared(fields)
    name, version = path.name.split("-")[:2]
    if (normal(name), version.replace("_", "-")) != (normal(part.name), part.version.replace("_", "-")):
        raise UserError("invalid wheel: its name is not that of its METADATA", where=str(path))
    return replace(part, hashes=(("SHA-256", sha256),))


def installed_components(root: str = "landline") -> list[Component]:
    """Return the packages that are installed here and that `root` needs, itself included.

    The hashes are those of the lock for this version: of its files for every platform, of which one was installed. A
    version that the lock does not have is noted, without hashes.
    """
    pins = {(pin.name, pin.version): pin for pin in read_lock()}
    found: dict[str, Component] = {}
    wanted = [root]
    while wanted:
        name = normal(wanted.pop())
        if name in found:
            continue
        try:
            part = declared(metadata.distribution(name).metadata)  # type: ignore[arg-type]  # a Message in fact
        except metadata.PackageNotFoundError:
            continue  # needed on other systems only
        found[name] = _with_lock(part, pins.get((name, part.version)), is_root=name == normal(root))
        wanted += part.needs or ()
    return list(found.values())


def _with_lock(part: Component, pin: Pin | None, *, is_root: bool) -> Component:
    if is_root:
        return part
    if pin is None:
        return replace(part, note="this version is not in the lock")
    hashes = tuple(("SHA-256", one) for one in sorted(pin.hashes))
    return replace(part, hashes=hashes, note="hashes of this version's files, one for each platform")
