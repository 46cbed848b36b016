"""`landline bundle`: make, verify and install a signed bundle on machines without a network; list the components."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.command_app import CommandApp
from controller.cli.common import Output, guard

if TYPE_CHECKING:
    from controller.app.bundle.verify import BundleVerification

app = CommandApp(help="Install on machines without a network: signed bundles, and the list of components.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for scripts.")]
Bundle = Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder or zip file of the bundle.")]
Key = Annotated[
    list[str] | None,
    typer.Option(
        "--key", metavar="KEY", help="Public key of the bundle's maker, 64 hexadecimal digits. Repeatable."
    ),
]
Paths = list[Path] | None
For = Annotated[
    str | None,
    typer.Option(
        "--for",
        metavar="MACHINE",
        help="linux-x86_64, linux-aarch64, macos-arm64 or windows-amd64. [this machine]",
    ),
]
Python = Annotated[
    str | None,
    typer.Option("--python", metavar="VERSION", help="Python of that machine, such as 3.13. [this one]"),
]


def _keys() -> Path:
    from controller.guard.data_folder import data_folder

    return data_folder() / "keys" / "bundle"


def _given(keys: list[str] | None) -> frozenset[str]:
    from controller.errors import UserError

    for key in keys or ():
        if len(key) != 64 or set(key.lower()) - set("0123456789abcdef"):
            raise UserError(
                f"invalid public key '{key[:20]}'", where="--key", hint="a key has 64 hexadecimal digits"
            )
    return frozenset(key.lower() for key in keys or ())


def _now() -> str:
    from controller.clock import SystemClock, iso_utc

    return iso_utc(SystemClock().utc_us())


@app.command("make", epilog="Example: landline bundle make landline-bundle.zip --wheels wheels --maps maps")
def make(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="New folder, or new file with the ending .zip.")],
    wheels: Annotated[
        Path,
        typer.Option("--wheels", metavar="FOLDER", help="Folder with the wheels, as 'make wheels' fills it."),
    ],
    maps: Annotated[
        Paths, typer.Option("--maps", metavar="PATH", help="Map file or folder. Repeatable.")
    ] = None,
    terrain: Annotated[
        Paths, typer.Option("--terrain", metavar="PATH", help="Terrain file or folder. Repeatable.")
    ] = None,
    metadata: Annotated[
        Paths,
        typer.Option(
            "--metadata", metavar="PATH", help="Parameter documentation, a file or folder. Repeatable."
        ),
    ] = None,
    firmware: Annotated[
        Paths,
        typer.Option(
            "--firmware",
            metavar="PATH",
            help="Firmware file or folder. Repeatable.",
        ),
    ] = None,
    made_for: For = None,
    python: Python = None,
    json: Json = False,
) -> int:
    """Make a signed bundle of the wheels, maps, terrain, parameter documentation and firmware on this machine.

    The network is not used: the wheels are there before. Ends with 6 if a wheel is not in the lock of hashes. The web
    page and the firmware of the ground box are in Landline's wheel.
    """
    from controller.app.bundle.known_keys import remember
    from controller.app.bundle.make import make_bundle
    from controller.app.bundle.targets import target
    from controller.logs.record.keys import PASSPHRASE, load_key

    output = Output(json)
    key = load_key(_keys(), passphrase=os.environ.get(PASSPHRASE))
    data = {
        "maps": maps or [],
        "terrain": terrain or [],
        "metadata": metadata or [],
        "firmware": firmware or [],
    }
    made = make_bundle(out, wheels, data, key, made_at=_now(), made_for=target(made_for, python))
    remember(_keys(), key.public_hex)
    output.emit(
        "summary",
        ok=True,
        bundle=str(out),
        files=len(made.sums),
        landline=made.version,
        signed_by=key.public_hex,
    )
    output.result(f"{out}: {len(made.sums)} files, Landline {made.version}")
    output.result(f"signed by {key.public_hex}")
    output.result("give this key to those who install the bundle, by another way than the bundle")
    return 0


def _say_verified(out: Output, found: BundleVerification, where: str) -> None:
    """Print a verification; raise VerificationFailed where a file differs."""
    out.emit(
        "verified",
        ok=found.ok,
        files=len(found.signed.sums),
        signed_by=found.signed.key,
        trust=found.signed.trust,
        changed=list(found.changed),
        missing=list(found.missing),
        added=list(found.added),
    )
    found.require(where)
    out.result(f"unchanged: {len(found.signed.sums)} files, signed by {found.signed.key}")
    out.result(
        {
            "given": "the key is the one of --key",
            "remembered": "the key is known: a bundle signed by it was made or installed here before",
            "first use": "the key is known from this bundle alone: the files belong together, but who made them is not "
            "shown; compare the key with its maker's, or give it with --key",
        }[found.signed.trust]
    )


@app.command("verify", epilog="Example: landline bundle verify landline-bundle.zip --key 5d0c...")
def verify(bundle: Bundle, key: Key = None, json: Json = False) -> int:
    """Verify a bundle's signature and every file of it; nothing is written.

    Ends with 6 and names each file that was changed, is missing or was added, or if another key signed the bundle.
    Without --key, the key of bundles that were made or installed here before counts. Where there is none, any key does,
    and the output says so.
    """
    from controller.app.bundle.verify import verify_bundle

    _say_verified(Output(json), verify_bundle(bundle, _keys(), _given(key)), str(bundle))
    return 0


@app.command(
    "install", epilog="Example: landline bundle install landline-bundle.zip --to ~/landline --key 5d0c..."
)
def install(
    bundle: Bundle,
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="New folder to install into.")],
    key: Key = None,
    json: Json = False,
) -> int:
    """Verify a bundle, then install its wheels into a new virtual environment, without a network.

    Starts two programs, after the verification: Python's venv, and pip with --no-index and --require-hashes. Maps and
    other data are copied into the folder. A bundle that differs in one file is not installed, and the exit code is 6.
    The bundle's key is remembered: a later bundle with another key is refused unless --key names it.
    """
    from controller.app.bundle.install import install_bundle

    guard([], programs={Path(sys.executable).name, "python", "python.exe"})
    out = Output(json)
    done = install_bundle(
        bundle,
        to,
        _keys(),
        _given(key),
        on_verified=lambda found: _say_verified(out, found, str(bundle)),
    )
    out.emit("summary", ok=True, command=str(done.command), data=[str(one) for one in done.data])
    out.result(f"installed: {done.command}")
    for folder in done.data:
        out.result(f"{folder.name}: {folder}")
    return 0


@app.command("sbom", epilog="Example: landline bundle sbom > components.cdx.json")
def sbom(
    bundle: Annotated[
        Path | None,
        typer.Argument(
            metavar="BUNDLE", help="A bundle (default: what is installed here).", show_default=False
        ),
    ] = None,
    key: Key = None,
    json: Json = False,
) -> int:
    """Print the list of components as CycloneDX 1.6 JSON: Python packages, packages of the web page, licences, hashes.

    Without a bundle it lists what is installed here, and the page. Of a bundle, it prints the list inside, after the
    bundle's signature and the hash of the list are verified. With --json the list is the field cyclonedx.
    """
    import json as json_format

    out = Output(json)
    listed = _installed() if bundle is None else _of_bundle(bundle, _given(key))
    out.emit("summary", components=len(listed["components"]), cyclonedx=listed)
    out.result(json_format.dumps(listed, indent=1))
    return 0


def _installed() -> dict[str, Any]:
    from controller.app.bundle.packages import installed_components
    from controller.app.bundle.sbom import cyclonedx, page_components

    return cyclonedx([*installed_components(), *page_components()], _now())


def _of_bundle(bundle: Path, keys: frozenset[str]) -> dict[str, Any]:
    import json as json_format

    from controller.app.bundle.make import COMPONENTS
    from controller.app.bundle.source import opened
    from controller.app.bundle.verify import read_listed, read_signed

    with opened(bundle) as files:
        listed: dict[str, Any] = json_format.loads(
            read_listed(files, read_signed(files, _keys(), keys), COMPONENTS)
        )
    return listed


@app.command("lock", epilog="Example: landline bundle lock > python.lock")
def lock(made_for: For = None, python: Python = None, json: Json = False) -> int:
    """Print the versions and SHA-256 hashes of all Python packages, for pip download --require-hashes.

    With --for or --python it prints those that the other machine needs: pip would choose for this one.
    """
    from dataclasses import replace

    from controller.app.bundle.lock import read_lock
    from controller.app.bundle.targets import target

    out = Output(json)
    pins = read_lock()
    if made_for is not None or python is not None:
        there = target(made_for, python)
        pins = [replace(pin, marker="") for pin in pins if there.needs(pin)]
    for pin in pins:
        out.emit("package", name=pin.name, version=pin.version, marker=pin.marker, sha256=sorted(pin.hashes))
        out.result(pin.line())
    out.emit("summary", packages=len(pins))
    return 0
