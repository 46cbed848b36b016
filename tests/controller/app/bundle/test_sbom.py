"""List of components: CycloneDX 1.6 by its schema's rules, with the packages of the wheel and of the page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from controller.app.bundle.lock import read_lock
from controller.app.bundle.packages import installed_components
from controller.app.bundle.page_parts import NPM_LOCK, page_parts, page_text
from controller.app.bundle.sbom import PAGE_COMPONENTS, Component, cyclonedx, page_components
from tests.support.supply.bundles import MADE_AT, make_small

NPM = json.loads(NPM_LOCK.read_text(encoding="utf-8")) if NPM_LOCK.is_file() else {}
TYPES = {
    *(
        "application",
        "framework",
        "library",
        "container",
        "platform",
        "operating-system",
        "device",
        "device-driver",
    ),
    *("firmware", "file", "machine-learning-model", "data", "cryptographic-asset"),
}
ALGORITHMS = {"SHA-256": 64, "SHA-512": 128}
SPDX = re.compile(r"\(?[A-Za-z0-9.+-]+\)?( (AND|OR|WITH) \(?[A-Za-z0-9.+-]+\)?)*")


def component_faults(one: dict[str, Any]) -> list[str]:
    """What a component has that the schema does not allow."""
    known = {"type", "bom-ref", "name", "version", "scope", "hashes", "licenses", "purl", "properties"}
    faults = [f"field {name}" for name in one.keys() - known]
    faults += [f"no {name}" for name in {"type", "name"} - one.keys()]
    if one.get("type") not in TYPES:
        faults.append("type")
    if one.get("scope", "required") not in ("required", "optional", "excluded"):
        faults.append("scope")
    for row in one.get("hashes", ()):
        if row.keys() != {"alg", "content"} or not re.fullmatch(
            f"[0-9a-f]{{{ALGORITHMS.get(row['alg'], -1)}}}", row["content"]
        ):
            faults.append("hash")
    # One expression, or any number of licences with an id or a name.
    licences = one.get("licenses", [])
    expressions = [row["expression"] for row in licences if "expression" in row]
    if expressions and (len(licences) > 1 or not SPDX.fullmatch(expressions[0])):
        faults.append("licence expression")
    if not expressions and any(row.keys() != {"license"} or not row["license"]["name"] for row in licences):
        faults.append("licence")
    if "purl" in one and not re.fullmatch(r"pkg:(pypi|npm)/[\w.%/-]+@[\w.%+~-]+", one["purl"]):
        faults.append("purl")
    return faults


def faults(listed: dict[str, Any]) -> list[str]:
    """What a list has that the schema of CycloneDX 1.6 does not allow."""
    found = (
        []
        if (listed["bomFormat"], listed["specVersion"], listed["version"]) == ("CycloneDX", "1.6", 1)
        else ["head"]
    )
    if not re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", listed["serialNumber"]):
        found.append("serial number")
    rows = [*listed["components"], listed["metadata"].get("component", listed["components"][0])]
    found += [f"{one.get('name')}: {fault}" for one in rows for fault in component_faults(one)]
    refs = [one["bom-ref"] for one in listed["components"]]
    if len(set(refs)) != len(refs):
        found.append("a reference twice")
    every = {one["bom-ref"] for one in rows}
    for row in listed["dependencies"]:
        if not {row["ref"], *row["dependsOn"]} <= every or len(set(row["dependsOn"])) != len(
            row["dependsOn"]
        ):
            found.append(f"dependencies of {row['ref']}")
    return found


def test_the_list_of_what_is_installed_follows_the_schema() -> None:
    components = installed_components()
    names = {one.name.lower() for one in components}
    assert {"landline", "numpy", "cryptography", "starlette"} <= names
    assert faults(cyclonedx([*components, *page_components()], MADE_AT)) == []


def test_the_list_in_a_bundle_has_each_file_with_its_hash(tmp_path: Path) -> None:
    path, made, _ = make_small(tmp_path)
    listed = json.loads((path / "components.cdx.json").read_text())
    assert faults(listed) == []
    rows = {one["name"]: one for one in listed["components"]}
    assert rows["helper"]["purl"] == "pkg:pypi/helper@1.2"
    assert rows["helper"]["licenses"] == [{"expression": "MIT"}]
    assert rows["helper"]["hashes"][0]["content"] == made.sums["wheels/helper-1.2-py3-none-any.whl"]
    assert rows["maps/field.mbtiles"]["hashes"][0]["content"] == made.sums["maps/field.mbtiles"]
    subject = listed["metadata"]["component"]
    assert (subject["type"], subject["purl"]) == ("application", "pkg:pypi/landline@9.9")
    assert {"ref": "pkg:pypi/landline@9.9", "dependsOn": ["pkg:pypi/helper@1.2"]} in listed["dependencies"]
    assert rows["maplibre-gl"]["scope"] == "required"
    assert rows["vite"]["scope"] == "excluded"


def test_the_same_components_give_the_same_list() -> None:
    parts = [Component("pypi", "b", "1"), Component("pypi", "a", "2", needs=("b",))]
    assert cyclonedx(parts, MADE_AT) == cyclonedx(parts[::-1], MADE_AT)
    assert cyclonedx(parts[:1], MADE_AT)["serialNumber"] != cyclonedx(parts, MADE_AT)["serialNumber"]


def test_wheels_of_one_version_for_two_systems_are_one_component() -> None:
    one, two = (Component("pypi", "a", "1", (("SHA-256", digit * 64),)) for digit in "ab")
    (row,) = cyclonedx([one, two], MADE_AT)["components"]
    assert [each["content"][0] for each in row["hashes"]] == ["a", "b"]


def test_an_installed_version_that_the_lock_does_not_have_is_noted() -> None:
    pins = {(pin.name, pin.version) for pin in read_lock()}
    for one in installed_components():
        if one.name != "landline":
            assert bool(one.hashes) == ((one.ref.split("/")[1].split("@")[0], one.version) in pins), one.name
            assert one.note


def test_every_package_of_the_page_has_a_hash_in_npms_lock() -> None:
    packages = {place: row for place, row in NPM["packages"].items() if place}
    assert len(packages) > 50
    assert [
        place for place, row in packages.items() if not row.get("integrity", "").startswith("sha512-")
    ] == []
    # An address here would make npm ask that host instead of the one that its user configured.
    assert [place for place, row in packages.items() if "resolved" in row] == []


def test_the_pages_packages_in_the_wheel_are_those_of_npms_lock() -> None:
    assert PAGE_COMPONENTS.read_text(encoding="utf-8") == page_text(NPM), (
        "run python -m controller.app.bundle.page_parts"
    )


def test_a_package_without_a_hash_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no SHA-512 hash of node_modules/x"):
        page_parts({"packages": {"": {}, "node_modules/x": {"version": "1", "integrity": "sha1-AAAA"}}})


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"type": "thing"}, "type"),
        ({"scope": "all"}, "scope"),
        ({"hashes": [{"alg": "SHA-256", "content": "ab"}]}, "hash"),
        ({"licenses": [{"expression": "MIT"}, {"expression": "ISC"}]}, "licence expression"),
        ({"purl": "numpy@1"}, "purl"),
        ({"sha256": "ab"}, "field sha256"),
    ],
)
def test_a_component_against_the_schema_is_found(change: dict[str, Any], fault: str) -> None:
    assert component_faults({"type": "library", "name": "x", **change}) == [fault]
