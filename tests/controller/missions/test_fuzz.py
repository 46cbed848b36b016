"""Damaged mission files: the reader returns a plan or raises a PlanError of one line."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.missions.checks.check import check
from controller.missions.errors import PlanError
from controller.missions.formats import qgc_plan, registry, waypoints_txt
from controller.missions.plan import Plan

SAMPLES = Path(__file__).parents[2] / "vectors" / "missions"
FILES = {path.name: path.read_bytes() for path in sorted(SAMPLES.iterdir())}
DOCUMENTS = [content.decode() for name, content in FILES.items() if name.endswith(".plan")]
LINES = FILES["hedge.txt"].decode().splitlines(keepends=True)

odd_values: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        [0, -1, 1, 2, 16, 177, 200, 2**31, 10**400, -0.0, 1e300, 5e-324, "", "NaN", [], {}, [[]], [None] * 7]
    )
    | st.text(max_size=8)
)
odd_words = st.sampled_from(
    [
        "0",
        "-0",
        "1e5",
        "1e-400",
        "nan",
        "-inf",
        "0x10",
        "1_0",
        "²",
        "",
        "\t",
        "#",
        "16",
        "177",
        "1e309",
        "9" * 400,
        "\0",
        "200.5",
    ]
) | st.text(max_size=6)


def outcome(data: bytes) -> Plan | PlanError:
    """Read the data; a valid plan must also be written, checked and converted to mission items."""
    try:
        plan = registry.read(data, "f")
    except PlanError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 500
        assert str(error.where).startswith("f")
        return error
    assert qgc_plan.read(qgc_plan.write(plan), "g").items == qgc_plan.read(qgc_plan.write(plan), "h").items
    waypoints_txt.write(plan)
    check(plan)
    try:
        items = plan.wire_items(first_seq=1)
    except PlanError:
        return plan
    assert all(abs(item.x) < 2**31 and abs(item.y) < 2**31 and not math.isinf(item.z) for item in items)
    return plan


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Yield every path of a JSON document."""
    found = [path] if path else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in pairs:
        found += places(below, (*path, key))
    return found


@st.composite
def damaged_documents(draw: st.DrawFn) -> bytes:
    """Return a valid plan with one to three fields changed, removed or duplicated."""
    document = json.loads(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(document)))
        holder = document
        for step in path[:-1]:
            holder = holder[step]
        match draw(st.sampled_from(["change", "remove", "repeat", "swap"])):
            case "change":
                holder[path[-1]] = copy.deepcopy(draw(odd_values))
            case "remove":
                del holder[path[-1]]
            case "repeat" if isinstance(holder, list):
                holder.insert(path[-1], holder[path[-1]])
            case _:
                holder[path[-1]] = json.loads(draw(st.sampled_from(DOCUMENTS)))["mission"]["items"]
    return json.dumps(document).encode()


@st.composite
def damaged_lines(draw: st.DrawFn) -> bytes:
    """Return a valid text file with words replaced, removed or added, and lines dropped, duplicated or swapped."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 3))):
        index = draw(st.integers(0, len(lines) - 1))
        words = lines[index].split("\t")
        match draw(st.sampled_from(["word", "cut", "more", "drop", "double", "swap"])):
            case "word":
                words[draw(st.integers(0, len(words) - 1))] = draw(odd_words)
                lines[index] = "\t".join(words)
            case "cut":
                lines[index] = lines[index][: draw(st.integers(0, len(lines[index])))]
            case "more":
                lines[index] = draw(odd_words) + lines[index]
            case "drop" if len(lines) > 1:
                del lines[index]
            case "double":
                lines.insert(index, lines[index])
            case _:
                lines[index], lines[0] = lines[0], lines[index]
    return "".join(lines).encode("utf-8", "surrogatepass")


@st.composite
def damaged_bytes(draw: st.DrawFn) -> bytes:
    """Return a valid file truncated, or with bytes overwritten or inserted."""
    data = bytearray(draw(st.sampled_from(list(FILES.values()))))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(len(data) - 1, 0)))
        match draw(st.sampled_from(["cut", "overwrite", "insert"])):
            case "cut":
                del data[start:]
            case "overwrite":
                piece = draw(st.binary(min_size=1, max_size=4))
                data[start : start + len(piece)] = piece
            case _:
                data[start:start] = draw(st.binary(min_size=1, max_size=4))
    return bytes(data)


DAMAGED = damaged_documents() | damaged_lines() | damaged_bytes()
QUICK = settings(
    max_examples=1000,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
LONG = settings(QUICK, max_examples=20_000, derandomize=False)


@QUICK
@given(DAMAGED)
def test_a_damaged_file_gives_a_plan_or_a_plan_error(data: bytes) -> None:
    outcome(data)


@pytest.mark.slow
@LONG
@given(DAMAGED)
def test_many_damaged_files_give_a_plan_or_a_plan_error(data: bytes) -> None:
    outcome(data)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_truncated_file_gives_a_plan_or_a_plan_error(name: str) -> None:
    data = FILES[name]
    for end in range(0, len(data), 1 + len(data) // 200):
        outcome(data[:end])
