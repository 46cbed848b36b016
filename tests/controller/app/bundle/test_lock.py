"""The lock: every dependency within its bounds, with hashes, without an address; markers of other systems."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

from controller.app.bundle.lock import Pin, normal, parse_lock, read_lock, write_lock
from controller.app.bundle.markers import here, holds
from controller.app.bundle.targets import MACHINES, target
from controller.errors import UserError
from tests.support.source_tree import ROOT

DEVELOPMENT = ROOT / "development.lock"
_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[\w,]+\])?\s*([^;]*)(?:;.*)?")


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.match(r"[\d.]*\d", version).group().split("."))  # type: ignore[union-attr]


def within(version: str, bounds: str) -> bool:
    """Whether a version is within bounds such as `>=1.2,<3`."""
    found = numbers(version)
    for bound in filter(None, bounds.replace(" ", "").split(",")):
        limit = re.fullmatch(r"(>=|<)([\d.]+)", bound)
        assert limit is not None, f"unknown bound {bound}"
        length = max(len(found), len(numbers(limit[2])))
        here_, there = (one + (0,) * (length - len(one)) for one in (found, numbers(limit[2])))
        if not (here_ >= there if limit[1] == ">=" else here_ < there):
            return False
    return True


def requirements(*extras: str) -> dict[str, str]:
    """Name and bounds of each dependency of setup.cfg and of these extras."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    texts = [setup["options"]["install_requires"]]
    texts += [setup["options.extras_require"][extra] for extra in extras]
    found = {}
    for line in "\n".join(texts).splitlines():
        if line.strip() and not line.strip().startswith("#"):
            named = _REQUIREMENT.fullmatch(line.strip())
            assert named is not None, line
            found[normal(named[1])] = named[2].strip()
    return found


def outside(pins: list[Pin], wanted: dict[str, str]) -> list[str]:
    return [
        f"{name} {bounds}"
        for name, bounds in wanted.items()
        if not any(pin.name == name for pin in pins)
        or not all(within(pin.version, bounds) for pin in pins if pin.name == name)
    ]


def test_the_lock_of_the_wheel_has_each_dependency_within_its_bounds() -> None:
    assert outside(read_lock(), requirements("terrain")) == [], "renew the lock: docs/howto/renew-the-lock.md"


def test_the_lock_of_development_has_each_dependency_of_each_extra() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    pins = read_lock(DEVELOPMENT)
    # One by one: two extras may bound the same package differently.
    for extra in setup["options.extras_require"]:
        assert outside(pins, requirements(extra)) == [], extra


def test_a_version_outside_its_bounds_is_found() -> None:
    pins = [Pin("numpy", "3.0", "", frozenset()), Pin("rich", "13.7.1", "", frozenset())]
    assert outside(pins, {"numpy": ">=1.26,<3", "rich": ">=13.7,<16", "typer": ">=0.20,<1"}) == [
        "numpy >=1.26,<3",
        "typer >=0.20,<1",
    ]


@pytest.mark.parametrize(
    "path", [ROOT / "controller/app/bundle/python.lock", DEVELOPMENT], ids=lambda p: p.name
)
def test_a_lock_names_no_address_and_has_hashes_for_each_version(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text)
    pins = read_lock(path)
    assert len(pins) > 40
    assert all(pin.hashes for pin in pins)
    assert parse_lock(write_lock(pins), "written") == sorted(pins, key=lambda pin: (pin.name, pin.version))


@pytest.mark.parametrize(
    "text", ["numpy==1.0", "numpy>=1 --hash=sha256:" + "0" * 64, "numpy==1 --hash=md5:00", "-r other.txt"]
)
def test_a_line_that_is_no_version_with_hashes_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"x\.lock: invalid lock"):
        parse_lock(text, "x.lock")


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("", True),
        ("sys_platform == 'win32'", False),
        ("sys_platform == 'linux' and python_full_version < '3.12'", True),
        ("python_full_version >= '3.12'", False),
        ("python_version == '3.11'", True),
        ("implementation_name == 'pypy' or sys_platform == 'linux'", True),
        ("implementation_name != 'PyPy' and platform_python_implementation != 'PyPy'", True),
    ],
)
def test_markers_hold_as_on_linux_with_python_3_11(marker: str, expected: bool) -> None:
    values = {**here(), "sys_platform": "linux", "implementation_name": "cpython"}
    values |= {
        "platform_python_implementation": "CPython",
        "python_version": "3.11",
        "python_full_version": "3.11.9",
    }
    assert holds(marker, values) is expected


@pytest.mark.parametrize(
    "marker", ["color == 'red'", "sys_platform < 'x'", "os_name == 'a' or x == 'b'", "f('x')"]
)
def test_an_unknown_marker_is_refused_instead_of_guessed(marker: str) -> None:
    with pytest.raises(UserError, match="unknown marker"):
        holds(marker)


def test_every_marker_of_the_lock_is_known() -> None:
    for pin in read_lock():
        assert isinstance(target().needs(pin), bool), pin.name


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_each_machine_needs_one_version_of_a_package(machine: str, python: str) -> None:
    there = target(machine, python)
    needed = [pin.name for pin in read_lock() if there.needs(pin)]
    assert len(needed) == len(set(needed)) > 40
    assert ("colorama" in needed) is (machine == "windows-amd64")


@pytest.mark.parametrize(("machine", "python"), [("amiga", None), (None, "three"), ("linux-x86_64", "4.0")])
def test_an_unknown_machine_or_python_is_refused(machine: str | None, python: str | None) -> None:
    with pytest.raises(UserError, match=r"unknown machine|invalid version of Python"):
        target(machine, python)
