"""Points of a plot keep every peak, however many rows there are; arrays come back as they were packed."""

from __future__ import annotations

import numpy as np
import pytest

from controller.errors import UserError
from controller.web.flights.jobs.arrays import pack, unpack
from controller.web.flights.jobs.columns import Column, parse_column
from controller.web.flights.jobs.plots import points

FIRST_US = 1_790_000_000_000_000


def column(values: np.ndarray) -> Column:
    return Column(FIRST_US + np.arange(len(values)) * 10_000, values)


def test_a_peak_of_one_row_in_a_million_is_drawn() -> None:
    values = np.zeros(1_000_000, np.float32)
    values[654_321] = 9.0
    values[123_456] = -7.0
    times_s, drawn, rows = points(column(values), FIRST_US, (0.0, 1e9), 1000)
    assert rows == 1_000_000
    assert len(drawn) == 2000
    assert (drawn.max(), drawn.min()) == (9.0, -7.0)
    assert abs(times_s[drawn.argmax()] - 6543.21) <= 10.0
    assert (np.diff(times_s) >= 0).all()


def test_rows_that_fit_are_drawn_as_they_are() -> None:
    values = np.sin(np.arange(500) / 9)
    times_s, drawn, rows = points(column(values), FIRST_US, (0.0, 1e9), 1000)
    assert rows == 500
    assert drawn.tolist() == values.tolist()
    assert times_s[-1] == pytest.approx(4.99)


def test_a_part_has_one_row_beyond_each_end_so_the_line_reaches_the_edge() -> None:
    times_s, _, rows = points(column(np.arange(1000.0)), FIRST_US, (2.0, 3.0), 1000)
    assert rows == 102
    assert (times_s[0], times_s[-1]) == (pytest.approx(1.99), pytest.approx(3.0))


def test_missing_values_hide_no_others() -> None:
    values = np.full(100_000, np.nan)
    values[50_000] = 4.0
    _, drawn, _ = points(column(values), FIRST_US, (0.0, 1e9), 100)
    assert np.nanmax(drawn) == 4.0
    assert np.isfinite(drawn).sum() >= 1


def test_a_span_without_a_row_is_empty() -> None:
    _, drawn, rows = points(Column(np.zeros(0, np.int64), np.zeros(0)), FIRST_US, (0.0, 1e9), 100)
    assert (len(drawn), rows) == (0, 0)


def test_arrays_come_back_as_they_were_packed() -> None:
    one, two = np.array([1.5, np.nan], np.float64), np.array([1, 2, 3], np.int16)
    header, arrays = unpack(pack({"name": "Flüge"}, [("one", one), ("two", two)]))
    assert header["name"] == "Flüge"
    assert np.array_equal(arrays["one"], one, equal_nan=True)
    assert arrays["two"].tolist() == [1.0, 2.0, 3.0]
    assert all(entry["offset"] % 8 == 0 for entry in header["arrays"])


@pytest.mark.parametrize("name", ["", "ATTITUDE", ".roll", "ATTITUDE.", "A." + "x" * 300])
def test_a_wrong_name_of_a_series_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="invalid name of a series"):
        parse_column(name)
