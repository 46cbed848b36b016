"""JSON in small steps: the values, errors and texts of the standard library, while other threads go on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controller.missions.errors import PlanError
from controller.missions.formats.gentle_json import (
    LARGE_CHARACTERS,
    MAX_VALUES,
    STEP_CHARACTERS,
    GentleDecoder,
    TooManyValues,
    gentle_dumps,
    gentle_loads,
)
from controller.missions.formats.json_node import parse

ITEM = {
    "command": 16,
    "params": [0.0, None, -1.5e-7, 47.1],
    "text": 'a "quote", a comma, a ] and ü\n',
    "own": {},
}
DOCUMENT: dict[str, Any] = {
    "items": [ITEM] * 3000,
    "empty": [[], {}, "", None, True, False],
    "text": "x" * 50_000,
    "deep": [[[[[ITEM] * 200]]]],
    "number": 12345678901234567890,
}
INVALID = [
    "[",
    "{",
    '{"a"',
    '{"a":',
    "[1,",
    "[1 2]",
    "{1: 2}",
    '["',
    "[1]]]",
    "[tru]",
    "[NaN",
    '{"a": 1,}',
    "[1,]",
]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_document_has_the_same_values(indent: int | None) -> None:
    assert GentleDecoder().decode(json.dumps(DOCUMENT, indent=indent)) == DOCUMENT


@pytest.mark.parametrize("wrong", INVALID)
@pytest.mark.parametrize("before", ["", '["' + "x" * 9000 + '", '])
def test_an_error_is_at_the_same_place(wrong: str, before: str) -> None:
    places = []
    for decoder in (json.JSONDecoder(), GentleDecoder()):
        with pytest.raises(json.JSONDecodeError) as error:
            decoder.decode(before + wrong)
        places.append((error.value.msg, error.value.pos))
    assert places[0] == places[1]


def test_a_document_of_too_many_values_is_refused() -> None:
    with pytest.raises(TooManyValues):
        gentle_loads("[" + "0," * (MAX_VALUES + LARGE_CHARACTERS) + "0]")
    with pytest.raises(PlanError, match=f"more than {MAX_VALUES} values"):
        parse("[" + "[]," * (MAX_VALUES + 10) + "0]", "request")


def test_a_document_nested_too_deeply_is_refused() -> None:
    with pytest.raises(PlanError, match="nested too deeply"):
        parse("[" * LARGE_CHARACTERS + "[" * 10, "request")


def test_written_documents_read_back_and_hold_no_nan() -> None:
    assert json.loads(gentle_dumps(DOCUMENT)) == DOCUMENT
    for wrong in (float("nan"), [float("inf")] * 2000):
        with pytest.raises(ValueError, match="Out of range"):
            gentle_dumps({"a": wrong})


def test_a_large_document_is_read_in_small_steps() -> None:
    """Another thread runs between two steps, and not in one."""
    decoder = GentleDecoder()
    scan, lengths = decoder._scan_step, []

    def measured(text: str, at: int) -> tuple[Any, int]:
        value, end = scan(text, at)
        lengths.append(end - at)
        return value, end

    decoder._scan_step = measured
    decoder.decode("[" + "[]," * 100_000 + "0]")
    assert max(lengths) <= STEP_CHARACTERS
    assert sum(lengths) == len("[]") * 100_000 + len("0")


def test_a_large_document_is_written_in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread runs between two steps, and not in one."""
    write, lengths = json.dumps, []

    def measured(value: Any, **options: Any) -> str:
        text = write(value, **options)
        lengths.append(len(text))
        return text

    monkeypatch.setattr(json, "dumps", measured)
    whole = gentle_dumps([0.1] * 100_000)
    assert max(lengths) < STEP_CHARACTERS < len(whole)
