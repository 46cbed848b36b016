"""Debts that only shrink: each list is emptied as the files it names are put right, and then goes."""

from __future__ import annotations

# Modules that still import each other in a circle.
CIRCLES: tuple[str, ...] = ()

# How many lines over 120 characters a file still has.
LONG_LINES: dict[str, int] = {
    "benchmarks/framing.py": 1,
    "controller/__init__.py": 1,
    "controller/autopilots/base.py": 1,
    "controller/logs/box/match.py": 1,
    "controller/logs/flights/catalogue.py": 2,
    "controller/logs/photos/jpeg.py": 1,
    "firmware/boards/unix.py": 1,
    "firmware/mavlite/hot.py": 1,
    "hil/bridges/px4/hitl.py": 1,
    "tests/controller/cli/box/test_run.py": 1,
    "tests/controller/logs/record/test_record_fuzz.py": 1,
    "tests/controller/protocol/params/test_params.py": 1,
    "tests/controller/protocol/test_no_machine_breaks.py": 2,
    "tests/controller/protocol/test_recorded_flights.py": 1,
    "tests/firmware/test_config.py": 1,
    "tests/meta/test_tests.py": 1,
    "tests/support/logs/sample_logs.py": 2,
    "tests/vectors/frames/make_table.py": 1,
}

# Tests whose names are still over 80 characters.
LONG_TEST_NAMES: frozenset[str] = frozenset(
    {
        "test_a_finding_is_shaded_on_its_plot_and_its_limit_is_drawn_where_the_values_come_near",
        "test_a_mode_that_the_ground_did_not_order_is_found_only_where_the_log_holds_the_ground",
        "test_motor_balance_compass_and_power_are_plotted_and_the_motor_that_works_harder_is_shaded",
        "test_the_planned_line_lies_over_the_flown_one_and_is_named_only_where_there_is_one",
    }
)
