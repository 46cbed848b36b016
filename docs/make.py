"""Write the pages that are generated from the code: `python -m docs.make`. A test fails when they are stale."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import textwrap
from pathlib import Path
from typing import Any

from docs import autopilot_pages, camera_page
from docs.mission_formats import mission_formats_page

FOLDER = Path(__file__).parent
EXIT_CODES = {
    0: "done",
    1: "a fault in Landline; a report file is written",
    2: "wrong usage, or a file that cannot be used",
    3: "no link, or link lost",
    4: "the aircraft refused",
    5: "a safety check refused",
    6: "a verification failed",
    130: "interrupted",
}


def commands_page() -> str:
    """Return the page of all commands with their arguments, options and examples."""
    import typer.main

    from controller.cli.main import app

    parts = [
        "# Commands\n",
        "Generated from the code by `make docs`. Every command has `--help`; `--debug` shows the traceback of an",
        "error. `--sealed` refuses a run that the kernel cannot seal, `--unsealed` does not seal it, `--policy FILE`",
        "names a policy file; all of these may stand anywhere on the line. With `--json` standard output is one JSON",
        "object a line, and progress goes to standard error.\n",
        "| exit code | meaning |\n|---|---|",
        *(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()),
        "",
    ]
    for path, command in leaves(typer.main.get_command(app)):
        parts += [f"## landline {' '.join(path)}\n", f"{_filled(inspect.cleandoc(command.help or ''))}\n"]
        rows = [row for row in map(_row, command.params) if row]
        parts += ["| argument or option | meaning |\n|---|---|", *rows, ""]
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


def _filled(text: str) -> str:
    """Wrap paragraphs with a line that is too long for a page; leave others, and indented ones, as they are."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(
        textwrap.fill(one, 118) if max(map(len, one.split("\n"))) > 118 and not one.startswith(" ") else one
        for one in paragraphs
    )


def _row(parameter: Any) -> str:
    is_option = parameter.param_type_name == "option"
    names = ", ".join([*parameter.opts, *parameter.secondary_opts]) if is_option else parameter.name.upper()
    if "--help" in names:
        return ""
    default = parameter.default
    shown = f" [{default}]" if default not in (None, False, "", ()) and not callable(default) else ""
    return f"| `{names}` | {(getattr(parameter, 'help', '') or '').replace('|', '/')}{shown} |"


def errors_page() -> str:
    """Return the page of all error classes, as a tree with exit codes."""
    from controller.errors import LandlineError

    for package in ("controller", "hil"):
        root = importlib.import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            if module.name != "hil.pytest_plugin":  # needs pytest, which users of the pages need not have
                importlib.import_module(module.name)
    lines = [
        "# Errors\n",
        "Generated from the code by `make docs`. An error message is one line: place, problem, whose fault it is,",
        "next step. Programs catch the classes of [`landline.errors`](python.md#errors).\n",
        "| error | exit code | whose fault | meaning |\n|---|---|---|---|",
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
    """Return the page of all limits of `landline logs review`, with their sources."""
    from controller.logs.review.limits import LIMITS

    lines = [
        "# Review limits\n",
        "Generated from the code by `make docs`. `landline logs review` examines the time spans in which the vehicle",
        "was armed. A log without such a span is reported as holding no flight. A value past the limit is a finding;",
        "past the second limit the finding is marked BAD.\n",
        "| quantity | limit | BAD | source |\n|---|---|---|---|",
    ]
    for rule in LIMITS.values():
        bad = "" if rule.bad is None else f"{rule.worse} {rule.bad:g}"
        lines.append(f"| {rule.title} | {rule.worse} {rule.limit:g} {rule.unit} | {bad} | {rule.source} |")
    lines += [
        "",
        "Findings without a limit, because they should not occur at all:",
        "",
        "* crashes (see below), and descents that nothing holds: at 4 m/s or more without control of the attitude, or",
        "  into the ground;",
        "* an on-board log that ends while the aircraft is armed in the air;",
        "* failsafes and geofence breaches;",
        "* mission items that were skipped;",
        "* mode changes without a command. The evidence is the reason in a DataFlash log, the commanded mode in a",
        "  ULog, or the absence of a command in a telemetry log that contains the ground station's messages.",
        "",
        "A flight is `crashed` with one sign that no landing has: a touch-down at 4 m/s or more that stops within a",
        "moment, level flight at 8 m/s or more that does, an aircraft that lies on its side or back when it is",
        "disarmed (for three seconds where it stays armed), motors stopped in the air, a record that ends in a fall,",
        "a copter that is tilted by more than 45 degrees, off the wanted attitude, for three seconds without moving,",
        "or the autopilot's own word: ArduPilot's crash check and parachute, PX4's lockdown and flight termination.",
        "PX4's failure detector, a kill switch and a loss of thrust count with a second sign. `landline fly`",
        "uses the same judge while it flies.",
        "",
        "How the values are computed:",
        "",
        "* Battery resistance is a least-squares fit of the voltage to the current and the consumed charge. Wires and",
        "  connectors are included.",
        "* The expected magnetic field is that of the World Magnetic Model for the position and date of the flight.",
        "* Motors are identified by `SERVOn_FUNCTION` or `CA_ROTOR_COUNT`. They are compared while all of them",
        "  turn, more than one metre above the ground.",
        "* PX4's VIBRATION message has other metrics than ArduPilot's. Only its accelerometer metric is compared, with",
        "  PX4's limit.",
    ]
    return "\n".join(lines) + "\n"


LINKS = {
    "serial": "serial port at a speed in baud; Windows: `serial:COM3:57600`",
    "udpin": "listen on a UDP port; port 0 lets the system choose",
    "udpout": "send to a UDP port first, as a simulator does",
    "tcp": "connect to a TCP port",
    "tcpin": "listen on a TCP port",
    "tlog": "replay a telemetry log",
    "pty": "make a pseudo-terminal (Linux, macOS)",
}
LINK_OPTIONS = {
    "loss": "share of frames lost",
    "dup": "share of frames sent twice",
    "reorder": "share of frames that overtake the one before",
    "delay_ms": "delay, ms",
    "jitter_ms": "random part of the delay, ms",
    "rate_bps": "data rate limit, bit/s",
    "seed": "seed of the random numbers above",
    "baud": "speed of a serial port",
}
ENVIRONMENT = {
    "LANDLINE_HOME": "data folder; default: the system's folder for user data",
    "LANDLINE_CONFIG": "folder of `policy.toml`; default: the system's folder for settings",
    "LANDLINE_CACHE": "folder of compiled code; default: the system's cache folder",
    "LANDLINE_DEBUG": "any value: show tracebacks, as `--debug` does",
    "LANDLINE_SEAL": "`must` refuses runs that cannot be sealed, `0` seals none, `1` is the default; options outrank",
    "LANDLINE_LINK": "set by `landline run` for the script: the address of its link",
    "LANDLINE_IDENTITY": "file with the age identity (private key) that opens encrypted flights",
    "LANDLINE_KEY_PASSPHRASE": "passphrase of the signing key of the record",
    "LANDLINE_BOX_WATCHED": "set by `landline box run` for the firmware it watches; not for users",
}
DATA_FOLDER = {
    "flights/": "one folder for each flight, unless `--out` names another place or `./flights` holds flights",
    "maps/": "maps of the web page: PMTiles, MBTiles, GeoTIFF",
    "terrain/": "heights of the ground for the web page: .hgt, .asc, GeoTIFF",
    "runs/": "signed accounts of runs that used a link and recorded no flight",
    "tmp/": "temporary files of sealed runs; each run removes its own",
    "metadata/": "documentation of parameters, from the aircraft or the operator",
    "web/ADDRESS.pem": "TLS certificate of the web page, with its key",
    "keys/record.ed25519.pem": "signing key of the record, made at the first recorded flight",
    "keys/record.ed25519.pub": "public keys of this machine",
    "keys/bundle/record.ed25519.pem": "signing key of bundles, made by the first `landline bundle make`",
    "keys/bundle/known-bundle-keys": "public keys of bundles that were made or installed here",
    "keys/ledger.jsonl": "newest signed head of every flight, and flights erased by policy",
    "keys/NAME.key": "MAVLink signing key for `?sign=NAME` and `?sign_up=NAME`: 32 bytes or 64 hexadecimal digits",
}
POLICY_FILE = """\
## Policy file

`policy.toml` allows every run more than its command line does. It is read from `$LANDLINE_CONFIG`, else from
Landline's part of the system's folder for settings (Linux: `~/.config/landline`); `--policy FILE` names another file.
A [sealed](locality.md) run refuses a policy file in a folder that it writes to: it could change the file for the
next run.

    [[endpoint]]
    url = "udpin:192.168.1.5:14550"

    [programs]
    allow = ["mpy-cross"]

    [folders]
    write = ["/srv/flights"]

`url` is a link URL as above, and may stand in several `[[endpoint]]`. `allow` has names of programs that the process
may start. `write` has folders, with their whole paths, that a sealed run may write to. A mistake in the file ends each
command with 2, and with the line.
"""
PYTEST = {
    "--landline-seed": "one seed for all simulated aircraft; outranks marks",
    "--landline-autopilot": "`ardupilot` (default) or `px4`",
    "landline_async": "setting: run all async tests in virtual time",
}


def settings_page() -> str:
    """Return the page of link URLs, environment variables, data folder and pytest settings.

    Raises KeyError when the code has a link kind, link option or environment variable that this page does not describe.
    """
    import re

    from controller.link.url import _RANGES, SPELLINGS

    found = set()
    for package in ("controller", "hil", "firmware", "landline"):
        for path in sorted((FOLDER.parent / package).rglob("*.py")):
            found |= set(re.findall(r"LANDLINE_[A-Z_]+", path.read_text(encoding="utf-8")))
    if found != set(ENVIRONMENT):
        raise KeyError(f"environment variables differ from the page: {sorted(found ^ set(ENVIRONMENT))}")
    lines = [
        "# Settings\n",
        "Generated by `make docs` and checked against the code. Options of [commands](commands.md) are given on the",
        "command line. The only configuration file is the [policy file](#policy-file). The ground box has",
        "[settings of its own](box/settings.md).\n",
        "## Link URLs\n\n| URL | link |\n|---|---|",
        *(f"| `{spelling}` | {LINKS[kind]} |" for kind, spelling in SPELLINGS.items()),
        "",
        "Accepted as well: `udp:` (listens), `scheme://`, `/dev/ttyACM0,115200`, `COM3`, and a path that ends in",
        "`.tlog`.\n",
        "Options follow a `?` and are joined by `&`: `udpin:127.0.0.1:14550?loss=0.05&seed=1`.\n",
        "| option | meaning | range |\n|---|---|---|",
        *(f"| `{name}` | {LINK_OPTIONS[name]} | {allowed} |" for name, (_, _, allowed) in _RANGES.items()),
        "| `sign` | MAVLink 2 signing, both directions | name of a key |",
        "| `sign_up` | sign what leaves; accept unsigned frames (for a locked ground box) | name of a key |",
        "",
        "Only endpoints on this machine and those named in a URL are opened. A wildcard address (`0.0.0.0`) must be",
        "written out.\n",
        "## Environment variables\n\n| variable | meaning |\n|---|---|",
        *(f"| `{name}` | {meaning} |" for name, meaning in ENVIRONMENT.items()),
        "",
        POLICY_FILE,
        "## Data folder\n\n`landline doctor` prints its path.\n\n| path | holds |\n|---|---|",
        *(f"| `{name}` | {meaning} |" for name, meaning in DATA_FOLDER.items()),
        "",
        "## pytest plugin\n\n| option or setting | meaning |\n|---|---|",
        *(f"| `{name}` | {meaning} |" for name, meaning in PYTEST.items()),
        "",
        "Fixtures and markers are listed with the [mission test](tutorials/mission-test-in-ci.md).",
    ]
    return "\n".join(lines) + "\n"


PAGES = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "errors.md": errors_page,
    "mission-formats.md": mission_formats_page,
    "review.md": review_page,
    "cameras.md": camera_page.cameras_page,
    **autopilot_pages.PAGES,
}


def main() -> None:
    """Write all generated pages."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
