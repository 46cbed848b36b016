"""Writes the pages that are made from the code: `python -m docs.make`. A test fails when they are stale."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def commands_page() -> str:
    """Every command with its arguments, options and example."""
    import typer.main

    from controller.cli.main import app

    parts = [
        "# Commands\n\nMade from the code by `make docs`. Every command takes `--help`; `--debug` anywhere shows the",
        "traceback of an error.\n",
        "Exit codes: 0 done, 1 our bug (a report file is written), 2 wrong usage or a bad file, 3 no link or link lost,",
        "4 the aircraft refused, 5 a safety check refused, 6 a verification failed, 130 interrupted.\n",
    ]
    for path, command in leaves(typer.main.get_command(app)):
        parts += [f"## landline {' '.join(path)}\n", f"{inspect.cleandoc(command.help or '')}\n"]
        rows = [row for row in map(_row, command.params) if row]
        parts += ["| | |\n|---|---|", *rows, ""]
        if command.epilog:
            parts.append(f"    {command.epilog.removeprefix('Example: ')}\n")
    return "\n".join(parts)


def leaves(command: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """All commands without subcommands, with their names; hidden aliases are left out."""
    below = getattr(command, "commands", None)
    if not below:
        return [(path, command)]
    shown = ((name, child) for name, child in below.items() if not child.hidden)
    return [leaf for name, child in shown for leaf in leaves(child, (*path, name))]


def _row(parameter: Any) -> str:
    names = ", ".join(parameter.opts) if parameter.param_type_name == "option" else parameter.name.upper()
    if "--help" in names:
        return ""
    default = parameter.default
    shown = f" [{default}]" if default not in (None, False, "", ()) and not callable(default) else ""
    return f"| `{names}` | {(getattr(parameter, 'help', '') or '').replace('|', '/')}{shown} |"


def errors_page() -> str:
    """The tree of errors, with exit codes."""
    from controller.errors import LandlineError

    for package in ("controller", "hil"):
        root = importlib.import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            importlib.import_module(module.name)
    lines = [
        "# Errors\n\nMade from the code by `make docs`. An error is one line: what, where, whose fault, what to do next.\n",
        "| error | exit code | whose | what it means |\n|---|---|---|---|",
    ]

    def add(kind: type[LandlineError], depth: int) -> None:
        about = inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].replace("\n", " ").replace("|", "/")
        lines.append(
            f"| {'&nbsp;' * 4 * depth}`{kind.__name__}` | {kind.exit_code} | {kind.whose} | {about} |"
        )
        for child in sorted(kind.__subclasses__(), key=lambda one: (one.exit_code, one.__name__)):
            add(child, depth + 1)

    add(LandlineError, 0)
    return "\n".join(lines) + "\n"


def review_page() -> str:
    """Every limit of `landline logs review`, with the place it comes from."""
    from controller.logs.review.limits import RULES

    lines = [
        "# What a review looks at\n\nMade from the code by `make docs`. `landline logs review` judges the spans in which the",
        "aircraft was armed; a log in which it never was is said to hold no flight. Past the limit is worth a look, past the",
        "second one it is BAD.\n",
        "| what | limit | bad | source |\n|---|---|---|---|",
    ]
    for rule in RULES.values():
        bad = "" if rule.bad is None else f"{rule.worse} {rule.bad:g}"
        lines.append(f"| {rule.title} | {rule.worse} {rule.limit:g} {rule.unit} | {bad} | {rule.source} |")
    lines += [
        "",
        "Without a limit, because they should not happen at all: mode changes that nobody asked for (by the reason a DataFlash",
        "log gives, by what PX4 was told to fly, or, in a telemetry log that holds the ground's orders too, by there being none),",
        "failsafes, fence breaches, and items of the mission that were passed over.",
        "",
        "The battery's resistance comes from a least-squares fit of the voltage to the current and the charge used so far; wires",
        "and connectors are part of it. The field a compass should see is the World Magnetic Model's for the place and day of the",
        "flight. Motors are told by the log's `SERVOn_FUNCTION` or `CA_ROTOR_COUNT`, and compared while all of them turn, more",
        "than a metre up. PX4's VIBRATION message holds other metrics than ArduPilot's: only its accelerometer metric is judged,",
        "by PX4's limit.",
    ]
    return "\n".join(lines) + "\n"


PAGES = {"commands.md": commands_page, "errors.md": errors_page, "review.md": review_page}


def main() -> None:
    """Write them all."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
