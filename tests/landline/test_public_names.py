"""The public package: every name loads, none is loaded before it is used, and `landline.errors` is complete."""

from __future__ import annotations

import subprocess
import sys

import pytest

import landline
from controller.errors import LandlineError
from landline import errors


@pytest.mark.parametrize("name", landline.__all__)
def test_every_public_name_loads(name: str) -> None:
    assert getattr(landline, name) is not None
    assert name in dir(landline)


@pytest.mark.parametrize("name", errors.__all__)
def test_every_public_error_is_a_landline_error_and_in_the_tree(name: str) -> None:
    error = getattr(errors, name)
    assert issubclass(error, LandlineError)
    assert f" {name} " in f"{errors.__doc__}".replace("\n", " "), (
        f"{name} is missing in the tree of landline.errors"
    )


def test_the_tree_of_errors_has_the_right_exit_codes() -> None:
    code = 0
    for line in str(errors.__doc__).splitlines():
        words = line.replace("|", " ").replace("-", " ").replace("`", " ").split()
        if not line.startswith("     ") or not words or not hasattr(errors, words[0]):
            continue
        if len(words) > 1 and words[1].isdigit():
            code = int(words[1])
        assert getattr(errors, words[0]).exit_code == code, line


@pytest.mark.parametrize("module", [landline, errors])
def test_a_name_that_does_not_exist_is_an_attribute_error(module: object) -> None:
    with pytest.raises(AttributeError, match="no attribute 'Drone'"):
        getattr(module, "Drone")  # noqa: B009  # a constant name, looked up at run time


def test_importing_landline_loads_no_heavy_package() -> None:
    code = (
        "import sys, landline, landline.errors\n"
        "heavy = {'numpy', 'numba', 'pyproj', 'asyncio', 'typer', 'pymavlink', 'hil', 'duckdb'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
