"""The command `landline`: one file for each subcommand, with heavy imports only when it runs.

An error becomes one line and an exit code: 0 done, 1 bug in Landline, 2 wrong usage or an invalid file, 3 no link,
4 the aircraft refused, 5 a safety check refused, 6 a verification failed, 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from controller.cli import bundle, doctor, hil, params, sealing, sim, streams
from controller.cli.audit import commands as audit
from controller.cli.box import commands as box
from controller.cli.command_app import CommandApp
from controller.cli.fly import command as fly
from controller.cli.gcs import command as gcs
from controller.cli.logs import commands as logs
from controller.cli.mission import commands as mission
from controller.cli.script import command as script
from controller.cli.seal_options import take_options
from controller.errors import LandlineError

app = CommandApp(
    name="landline",
    help="MAVLink ground station: fly missions, simulate, record and review flights. Nothing leaves this machine.",
)
app.command("fly", epilog=fly.EXAMPLE)(fly.fly)
app.command("gcs", epilog=gcs.EXAMPLE)(gcs.gcs)
app.command("sim", epilog=sim.EXAMPLE)(sim.sim)
app.command("run", epilog=script.EXAMPLE)(script.run)
app.add_typer(hil.app, name="hil")
app.add_typer(mission.app, name="mission")
app.add_typer(params.app, name="params")
app.add_typer(logs.app, name="logs")
app.add_typer(box.app, name="box")
app.add_typer(audit.app, name="audit")
app.add_typer(bundle.app, name="bundle")
app.command("doctor", epilog=doctor.EXAMPLE)(doctor.doctor)


def _print_version(requested: bool) -> None:
    if requested:
        from controller import __version__

        print(f"landline {__version__}")
        raise typer.Exit


@app.callback()
def _main_options(
    debug: Annotated[bool, typer.Option("--debug", help="Print the traceback of an error.")] = False,
    sealed: Annotated[
        bool,
        typer.Option(
            "--sealed", help="Refuse a run that the kernel cannot seal. [sealed where the kernel can]"
        ),
    ] = False,
    unsealed: Annotated[
        bool,
        typer.Option("--unsealed", help="Do not seal the run: this process alone refuses what is not named."),
    ] = False,
    policy: Annotated[
        str | None,
        typer.Option("--policy", metavar="FILE", help="Policy file. [policy.toml in the folder of settings]"),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """MAVLink ground station: fly missions, simulate, record and review flights. Nothing leaves this machine."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # --debug may stand anywhere on the line before "--"; what follows are the words of a script.
    end = given.index("--") if "--" in given else len(given)
    debug = "--debug" in given[:end] or bool(os.environ.get("LANDLINE_DEBUG"))
    given = [word for word in given[:end] if word != "--debug"] + given[end:]
    if arguments is None:
        _set_compiler_cache()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    code = _run(given, debug=debug, own=arguments is None)
    complete = streams.close()
    return code if complete or code else 2


def _set_compiler_cache() -> None:
    """Have numba keep all its code in Landline's cache folder, where a sealed run may write."""
    from controller.guard.data_folder import cache_folder

    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder() / "numba"))


def _run(arguments: list[str], *, debug: bool, own: bool) -> int:
    code = 1
    try:
        code = _command(arguments, debug=debug, own=own)
        return code
    finally:
        sealing.finish(code)


def _command(arguments: list[str], *, debug: bool, own: bool) -> int:
    try:
        words, asked = take_options(arguments)
        if own:  # a seal is for good: not in a process that goes on after the command
            sealing.PROCESS.asked, sealing.PROCESS.words = asked, arguments
        code = app(words, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except KeyboardInterrupt:
        _print_error("interrupted")
        return 130
    except Exception as error:
        return _handle(_single(error), arguments, debug=debug)


def _single(error: Exception) -> Exception:
    """Return the only error of a group of tasks, or the group when there are several."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _handle(error: Exception, arguments: list[str], *, debug: bool) -> int:
    """Print the error that ended the command; return the exit code."""
    usage = _usage_line(error)
    if usage is not None:
        return _finish_usage(usage)
    if debug:
        raise error
    if isinstance(error, LandlineError):
        _print_error(str(error))
        for line in getattr(error, "__notes__", ()):
            _print_error(line)
        return error.exit_code
    if isinstance(error, OSError) and error.errno in _USER_ERRORS and not _is_own_file(error.filename):
        where = f"{error.filename}: " if error.filename else ""
        _print_error(f"{where}{error.strerror} (your input); nothing more was written")
        return 2
    return _our_bug(error, arguments)


# Errors of the user's disk and folders.
_USER_ERRORS = tuple(
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


_PACKAGES = ("landline", "controller", "hil", "firmware")


def _is_own_file(filename: object) -> bool:
    """Whether a file is part of Landline: that it is missing is a bug of Landline."""
    from pathlib import Path

    packages = Path(__file__).parents[2]
    return any(Path(str(filename)).is_relative_to(packages / name) for name in _PACKAGES)


def _usage_line(error: Exception) -> tuple[str, int] | None:
    """Return line and exit code of an error of the argument parser, of any version of it; None for other errors."""
    if type(error).__name__ == "NoArgsIsHelpError":
        # A group of commands without a command: print its help.
        streams.write(f"{getattr(error, 'ctx').get_help()}\n", sys.stderr)  # noqa: B009  # whichever version
        return ("", 2)
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        context = getattr(error, "ctx", None)
        command = context.command_path.removeprefix("landline").strip() if context is not None else ""
        where = f"{command}: " if command else ""
        message = _plain(" ".join(error.format_message().split()))
        hint = f"; see {context.command_path} --help" if context is not None else ""
        return (f"{where}{message} (your input){hint}" if message else "", 2)
    if type(error).__name__ in ("Exit", "Abort"):
        return ("", getattr(error, "exit_code", 130))
    return None


# Texts of the argument parser that name Python types or sound like code, with their replacements.
_PARSER_TEXTS = (
    ("Invalid value for ", "invalid value for "),
    ("Input should be a valid integer, unable to parse string as an integer", "not a whole number"),
    ("Input should be a valid number, unable to parse string as a number", "not a number"),
    ("Input should be greater than or equal to ", "must be at least "),
    ("Input should be less than or equal to ", "must be at most "),
    ("Missing option ", "missing option "),
    ("Missing argument ", "missing argument "),
    ("No such option: ", "no such option: "),
    ("No such command ", "no such command "),
    ("Got unexpected extra argument(s) ", "unexpected argument "),
    ("Possible options: ", "possible: "),
    (". Did you mean ", "; did you mean "),
)


def _plain(message: str) -> str:
    """Return a message of the argument parser in the words of the other messages."""
    for text, plain in _PARSER_TEXTS:
        message = message.replace(text, plain)
    return message.removesuffix(".").removesuffix("?")


def _finish_usage(usage: tuple[str, int]) -> int:
    line, code = usage
    if line:
        _print_error(line)
    return code


def _our_bug(error: Exception, arguments: list[str]) -> int:
    """Write a report file and print its path."""
    from controller.app.bug_report import bug_line, write_bug_report

    _print_error(bug_line(error, write_bug_report(error, f"arguments: {arguments}")))
    return 1


def _print_error(line: str) -> None:
    streams.write(f"landline: {line}\n", sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
