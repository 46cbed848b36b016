"""Files like those of public bug reports: each is answered as its README says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cases import Row, answered
from tests.support.data_folders import CASES


@pytest.fixture(scope="module")
def table() -> Iterator[list[Row]]:
    with answered() as found:
        yield found


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir() if path.name != "README.md"))
def test_a_file_is_answered_as_its_readme_says(table: list[Row], name: str) -> None:
    about = [row for row in table if row.file == name]
    assert about != []
    assert [row for row in about if not row.ok] == []
