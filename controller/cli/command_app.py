"""Command group of the command line: the settings and the help layout that all groups share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

_NEGATIVE = re.compile(r"-\.?\d.*")


class CommandApp(typer.Typer):
    """Group of commands: its help names values by the command's own words, and shows each summary whole."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            cls=_Group,
            no_args_is_help=True,
            add_completion=False,
            rich_markup_mode=None,
            context_settings={"help_option_names": ["-h", "--help"]},
            **settings,
        )

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        """Return the decorator that adds a function as command."""
        return super().command(name, cls=_Command, **settings)


class _Command(TyperCommand):
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; a negative number is not an option, and needs no `--` before it."""
        end = args.index("--") if "--" in args else len(args)
        with_value = {
            name for param in self.params if not getattr(param, "is_flag", True) for name in param.opts
        }
        before = ["", *args]
        args = [
            f" {arg}" if _NEGATIVE.fullmatch(arg) and last not in with_value else arg
            for last, arg in zip(before, args[:end], strict=False)
        ] + args[end:]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Begin the run, sealed where that is asked, and call the command."""
        from controller.cli import sealing

        sealing.before(_name_of(ctx), ctx.params)
        return super().invoke(ctx)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words of the usage line; an argument is its name, in brackets if it may be left out."""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and options; the parser would add Python's type to each argument."""
        rows: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is None:
                continue
            if param.param_type_name == "argument":
                rows["Arguments"].append((param.metavar or (param.name or "").upper(), record[1]))
            else:
                rows["Options"].append(record)
        for title, records in rows.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def _name_of(ctx: Any) -> str:
    """Return the name of a command with its groups', such as "logs export"."""
    names: list[str] = []
    while ctx.parent is not None:
        names.insert(0, ctx.info_name)
        ctx = ctx.parent
    return " ".join(names)


class _Group(TyperGroup):
    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands with their whole summaries; the parser would cut each to one line."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(limit=10_000))
                    for name, command in commands
                    if command is not None and not command.hidden
                ]
            )
