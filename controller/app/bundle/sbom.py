"""List of components in the form of CycloneDX 1.6 (JSON), as https://cyclonedx.org/docs/1.6/json/ describes it.

A component is a Python package, a package of the web page, or a data file of a bundle. A licence is repeated as the
package declares it. Nothing is looked up: what is not on this machine is left out.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from controller.app.bundle.lock import normal

PAGE_COMPONENTS = Path(__file__).parent / "page_components.json"
_NAMESPACE = uuid.UUID("4c70d1f5-6b0c-5d8e-9c35-6f0b7a3c1e52")


@dataclass(frozen=True, slots=True)
class Component:
    """One component. `kind` is `pypi`, `npm`, `firmware` or `data`; `hashes` are pairs of algorithm and hexadecimal.

    `expression` is an SPDX expression, `licence` the text where the package declares none. `is_shipped` is False for
    what only builds the web page. `needs` are names of components, None where they are not known.
    """

    kind: str
    name: str
    version: str = ""
    hashes: tuple[tuple[str, str], ...] = ()
    expression: str = ""
    licence: str = ""
    is_shipped: bool = True
    needs: tuple[str, ...] | None = None
    note: str = ""

    @property
    def ref(self) -> str:
        """Package URL of a package, else kind and name."""
        if self.kind not in ("pypi", "npm"):
            return f"{self.kind}:{self.name}"
        name = self.name if self.kind == "npm" else normal(self.name)
        return f"pkg:{self.kind}/{quote(name, safe='/')}@{quote(self.version, safe='.-_~')}"

    def fields(self) -> dict[str, Any]:
        """Return the component as CycloneDX writes it."""
        is_package = self.kind in ("pypi", "npm")
        found: dict[str, Any] = {"type": "library" if is_package else self.kind, "bom-ref": self.ref}
        found["name"] = self.name
        if self.version:
            found["version"] = self.version
        found["scope"] = "required" if self.is_shipped else "excluded"
        if self.hashes:
            found["hashes"] = [{"alg": alg, "content": content} for alg, content in self.hashes]
        if self.expression:
            found["licenses"] = [{"expression": self.expression}]
        elif self.licence:
            found["licenses"] = [{"license": {"name": self.licence}}]
        if is_package:
            found["purl"] = self.ref
        if self.note:
            found["properties"] = [{"name": "landline:note", "value": self.note}]
        return found


def page_components(path: Path = PAGE_COMPONENTS) -> list[Component]:
    """Return the packages that the web page is made of, and those that build it."""
    return [
        Component(
            "npm",
            row["name"],
            row["version"],
            (("SHA-512", row["sha512"]),),
            expression=row["license"],
            is_shipped=row["shipped"],
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]


def _merged(components: Iterable[Component]) -> list[Component]:
    """Return each component once, sorted; the wheels of one version for several systems are one component."""
    found: dict[str, Component] = {}
    for one in components:
        before = found.get(one.ref)
        hashes = set(one.hashes) | set(before.hashes if before else ())
        found[one.ref] = replace(before or one, hashes=tuple(sorted(hashes)))
    return sorted(found.values(), key=lambda one: (one.kind, one.name, one.version))


def cyclonedx(components: Iterable[Component], made_at: str) -> dict[str, Any]:
    """Return the list of components; `made_at` is the time in UTC (ISO 8601).

    The component `landline` is the subject of the list, if it is among them. The serial number follows from the
    content, so that two lists of the same components are the same.
    """
    parts = _merged(components)
    subject = next((one for one in parts if (one.kind, normal(one.name)) == ("pypi", "landline")), None)
    rows = [one.fields() for one in parts if one is not subject]
    metadata: dict[str, Any] = {"timestamp": made_at}
    if subject is not None:
        fields = {key: value for key, value in subject.fields().items() if key != "scope"}
        metadata["component"] = {**fields, "type": "application"}
    refs = {normal(one.name): one.ref for one in parts if one.kind == "pypi"}
    content = json.dumps([metadata.get("component"), rows], sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, content)}",
        "version": 1,
        "metadata": metadata,
        "components": rows,
        "dependencies": [
            {
                "ref": one.ref,
                "dependsOn": sorted({refs[name] for name in map(normal, one.needs) if name in refs}),
            }
            for one in parts
            if one.needs is not None
        ],
    }
