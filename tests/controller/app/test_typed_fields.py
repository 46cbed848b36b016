"""Fields of a JSON object from outside: each has its type, range and length, or one line says why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from controller.app.typed_fields import Fields
from controller.errors import UserError

GOOD = Fields.parse(
    '{"name": "a", "height": 2, "on": true, "count": 3.0, "list": [{"x": 1}], "words": ["a"], "in": {"y": 1}}'
)


def test_each_field_has_its_type() -> None:
    assert GOOD.text("name") == "a"
    assert GOOD.number("height", 0, 10) == 2.0
    assert GOOD.flag("on") is True
    assert GOOD.integer("count", 0, 10) == 3
    assert [one.number("x", 0, 2) for one in GOOD.items("list", most=5)] == [1.0]
    assert GOOD.texts("words", most=2) == ["a"]
    assert GOOD.fields("in").number("y", 0, 2) == 1.0
    assert GOOD.one_of("name", ("a", "b")) == "a"
    GOOD.end()


def test_a_missing_field_takes_its_default() -> None:
    fields = Fields({"there": None})
    assert fields.number("height", 0, 10, default=5.0) == 5.0
    assert fields.text("there", default="x") == "x"
    assert fields.flag("force", default=False) is False
    assert "there" not in fields


@pytest.mark.parametrize(
    ("take", "said"),
    [
        (lambda one: one.text("missing"), "missing is missing"),
        (lambda one: one.text("height"), "height must be a text, not a number"),
        (lambda one: one.number("name", 0, 1), "name must be a number, not a text"),
        (lambda one: one.number("on", 0, 1), "on must be a number, not true or false"),
        (lambda one: one.number("height", 5, 10), "height is 2, not between 5 and 10"),
        (lambda one: one.integer("half", 0, 1), "half must be a whole number, not 0.5"),
        (lambda one: one.number("huge", 0, 1), "a huge number"),
        (lambda one: one.flag("name"), "name must be true or false, not a text"),
        (lambda one: one.text("long"), "long is too long: 300 characters"),
        (lambda one: one.one_of("name", ("b", "c")), "name is a, not one of b, c"),
        (lambda one: one.items("long_list", most=2), "long_list is too long: 3 entries, at most 2"),
        (lambda one: one.items("long_list", most=3), "long_list[0] must be an object, not a number"),
        (lambda one: one.texts("long_list", most=3), "must be a list of texts"),
        (lambda one: one.fields("name"), "name must be an object, not a text"),
        (lambda one: one.end(), "unknown field half"),
    ],
)
def test_a_wrong_field_is_one_line(take: Callable[[Fields], Any], said: str) -> None:
    fields = Fields(
        {
            "name": "a",
            "height": 2,
            "on": True,
            "half": 0.5,
            "huge": 10**400,
            "long": "x" * 300,
            "long_list": [1, 2, 3],
        }
    )
    with pytest.raises(UserError) as refused:
        take(fields)
    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", "null", '{"a": NaN}', '{"a": 1, "a": 2}', "[" * 100_000, "9" * 5000, b"\xff"],
)
def test_what_is_no_json_object_is_one_line(text: str | bytes) -> None:
    with pytest.raises(UserError, match="invalid body: "):
        Fields.parse(text, of="body")
