"""The command `landline`: one file a subcommand, all of them light until they run.

Whatever goes wrong becomes one line and an exit code: 0 done, 1 our bug, 2 wrong usage or a bad file, 3 no link, 4 the
aircraft refused, 5 a safety check refused, 6 a verification failed, 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from controller.cli import doctor, hil, mission, params, sim, streams
from controller.cli.box import commands as box
from controller.cli.fly import command as fly
from controller.cli.gcs import command as gcs
from controller.cli.logs import commands as logs
from controller.errors import LandlineError

app = typer.Typer(
    name="landline",
    help="Ground control that stays on the ground: fly, simulate, record; nothing leaves this machine.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("fly", epilog=fly.EXAMPLE)(fly.fly)
app.command("gcs", epilog=gcs.EXAMPLE)(gcs.gcs)
app.command("sim", epilog=sim.EXAMPLE)(sim.sim)
app.add_typer(hil.app, name="hil")
app.add_typer(mission.app, name="mission")
app.add_typer(params.app, name="params")
app.add_typer(logs.app, name="logs")
app.add_typer(box.app, name="box")
app.command("doctor", epilog=doctor.EXAMPLE)(doctor.doctor)


def _version(wanted: bool) -> None:
    if wanted:
        from controller import __version__

        print(f"landline {__version__}")
        raise typer.Exit


@app.callback()
def _everything(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Ground control that stays on the ground: fly, simulate, record; nothing leaves this machine."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # May stand anywhere on the line.
    debug = "--debug" in given or bool(os.environ.get("LANDLINE_DEBUG"))
    given = [word for word in given if word != "--debug"]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    code = _run(given, debug=debug)
    arrived = streams.close()
    return code if arrived or code else 2


def _run(arguments: list[str], *, debug: bool) -> int:
    try:
        code = app(arguments, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except KeyboardInterrupt:
        _say("interrupted")
        return 130
    except Exception as error:
        return _ended_by(_only(error), arguments, debug=debug)


def _only(error: Exception) -> Exception:
    """The one error inside a group of tasks that failed together; the group itself when there are several."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _ended_by(error: Exception, arguments: list[str], *, debug: bool) -> int:
    """Say what ended the command; returns the exit code."""
    usage = _usage_line(error)
    if usage is not None:
        return _finish_usage(usage)
    if debug:
        raise error
    if isinstance(error, LandlineError):
        _say(str(error))
        for line in getattr(error, "__notes__", ()):
            _say(line)
        return error.exit_code
    if isinstance(error, OSError) and error.errno in _YOURS and not _ours(error.filename):
        named = f"{error.filename}: " if error.filename else ""
        _say(f"{named}{error.strerror} (your input); nothing more was written")
        return 2
    return _our_bug(error, arguments)


# What the user's own disk and folders say, wherever a command meets it.
_YOURS = tuple(
    getattr(errno, name)
    for name in (
        "ENOENT",
        "EACCES",
        "EPERM",
        "EROFS",
        "ENOSPC",
        "EDQUOT",
        "EFBIG",
        "EISDIR",
        "ENOTDIR",
        "EEXIST",
        "ENAMETOOLONG",
    )
    if hasattr(errno, name)
)


def _ours(filename: object) -> bool:
    """Whether a file is part of Landline: one that is missing is nobody else's fault."""
    from pathlib import Path

    return str(filename).startswith(str(Path(__file__).parents[1]))


def _usage_line(error: Exception) -> tuple[str, int] | None:
    """What the argument parser wants to say, whichever version of it: (line, exit code)."""
    if type(error).__name__ == "NoArgsIsHelpError":
        # A group of commands named alone: its help, whole lines of it.
        streams.write(f"{getattr(error, 'ctx').get_help()}\n", sys.stderr)  # noqa: B009  # whichever version
        return ("", 2)
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        context = getattr(error, "ctx", None)
        where = f"{context.command_path}: " if context is not None else ""
        message = " ".join(error.format_message().split())
        hint = f"; see {context.command_path} --help" if context is not None else ""
        return (f"{where}{message} (your input){hint}" if message else "", 2)
    if type(error).__name__ in ("Exit", "Abort"):
        return ("", getattr(error, "exit_code", 130))
    return None


def _finish_usage(usage: tuple[str, int]) -> int:
    line, code = usage
    if line:
        _say(line)
    return code


def _our_bug(error: Exception, arguments: list[str]) -> int:
    """Write a report file and say where it is."""
    import platform
    import tempfile
    import traceback
    from pathlib import Path

    from controller import __version__

    head = f"landline {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
    text = head + f"arguments: {arguments}\n\n" + "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w",
            prefix="landline-bug-",
            suffix=".txt",
            delete=False,
            encoding="utf-8",
            errors="backslashreplace",
        ) as file:
            file.write(text)
        where = f"the report is {Path(file.name)}"
    except OSError:
        where = "no report could be written; run again with --debug"
    summary = " ".join(str(error).split()) or "no message"
    _say(f"{type(error).__name__}: {summary} (Landline's fault); {where}")
    return 1


def _say(line: str) -> None:
    streams.write(f"landline: {line}\n", sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
