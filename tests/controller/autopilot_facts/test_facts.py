"""The facts about autopilots: every row complete, values of the right type."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.autopilot_facts import facts
from controller.autopilot_facts.facts import ARDUPILOT, PX4, StackFacts, all_facts
from controller.wire.enums import MAV_CMD

STACKS = (ARDUPILOT, PX4)


@pytest.mark.parametrize("stack", STACKS)
def test_every_fact_says_what_where_and_which_version(stack: str) -> None:
    rows = all_facts(stack)
    assert len(rows) > 30
    for fact in rows.values():
        assert fact.stack == stack
        assert fact.does.endswith((".", ")")), fact.id
        assert fact.source, fact.id
        assert fact.version, fact.id


@pytest.mark.parametrize("stack", STACKS)
def test_commands_in_the_facts_are_mavlink_commands(stack: str) -> None:
    values = StackFacts(stack)
    names = {*values.texts("placed_commands"), *values.table("stored_params")}
    assert {name for name in names if not hasattr(MAV_CMD, name)} == set()


def test_a_value_of_another_type_is_named_with_its_fact() -> None:
    with pytest.raises(TypeError, match=r"px4\.no_mission_total: 65535 is no str"):
        StackFacts(PX4).text("no_mission_total")
    with pytest.raises(KeyError):
        StackFacts(PX4).text("no_such_fact")


def test_a_row_without_a_source_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "px4_x.toml").write_text(
        'stack="px4"\ntopic="x"\nversion="1"\n[row]\ndoes="x"\n', encoding="utf-8"
    )
    monkeypatch.setattr(facts, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"px4_x\.toml: row needs"):
        all_facts.__wrapped__(PX4)
