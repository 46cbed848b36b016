"""Memory of the ground box on a 32-bit machine: `python -m benchmarks.box_memory`.

MicroPython for WebAssembly (npm) has pointers of four bytes, as the boards have; node runs it. Measured is the box
with two radios, recorder, file server, eight rules and signing, and the code as `.mpy` files load it. That port has
no machine code, so the code is byte code; frozen into an image of MicroPython the bytes of the `.mpy` files lie in
flash, and only the rest is memory.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.box import CROSS, MICROPYTHON
from tests.support.box.micropython import ENVIRONMENT, ONBOARD, ROOT

PACKAGE = "@micropython/micropython-webassembly-pyscript"
PACKAGE_VERSION = "1.27.0"
PROGRAM = ONBOARD / "memory.py"
_EMITTER = re.compile(r"^ *@micropython\.(native|viper)$\n", re.MULTILINE)
BUDGET = 100_000


def on_this_machine() -> dict[str, Any]:
    """From source, with pointers of eight bytes."""
    done = subprocess.run(
        [str(MICROPYTHON), str(PROGRAM)],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def compiled(folder: Path) -> int:
    """Compile the firmware to byte code into `folder`; bytes of the files that the program loads."""
    loaded = {path.with_suffix("").as_posix() for path in _loaded()}
    total = 0
    for path in sorted((ROOT / "firmware").rglob("*.py")):
        name = path.relative_to(ROOT)
        source, out = folder / "plain.py", folder / name.with_suffix(".mpy")
        out.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(_EMITTER.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")
        subprocess.run([str(CROSS), "-O3", "-s", path.name, "-o", str(out), str(source)], check=True)
        source.unlink()
        if name.with_suffix("").as_posix() in loaded:
            total += out.stat().st_size
    return total


def _loaded() -> list[Path]:
    """The firmware's files that the program imports."""
    script = f"exec(open({str(PROGRAM)!r}).read())\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [str(MICROPYTHON), "-c", script],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [line for line in done.stdout.splitlines() if line.startswith("firmware")]
    paths = [Path(name.replace(".", "/")) for name in names]
    return [path / "__init__.py" if (ROOT / path).is_dir() else path.with_suffix(".py") for path in paths]


def on_32_bits(folder: Path, firmware: Path) -> dict[str, Any]:
    """With pointers of four bytes; fetches MicroPython for WebAssembly with npm."""
    subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund",
         "--prefix", str(folder), f"{PACKAGE}@{PACKAGE_VERSION}"],
        check=True, capture_output=True,
    )  # fmt: skip
    package = folder / "node_modules" / PACKAGE
    runner = Path(__file__).parent / "memory_32.mjs"
    done = subprocess.run(
        ["node", str(runner), str(package), "4000000", str(PROGRAM), str(firmware)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    wide = on_this_machine()
    print("| bytes | the box | running | code |\n|---|---|---|---|")
    print(f"| 64-bit, from source | {wide['built']:,} | {wide['running']:,} | {wide['code']:,} |")
    if not shutil.which("npm") or not shutil.which("node"):
        print("\nnode and npm are not here: the 32-bit figures are left out")
        return
    with tempfile.TemporaryDirectory() as place:
        firmware = Path(place) / "box"
        firmware.mkdir()
        flash = compiled(firmware)
        narrow = on_32_bits(Path(place), firmware)
    print(f"| 32-bit, .mpy files | {narrow['built']:,} | {narrow['running']:,} | {narrow['code']:,} |")
    frozen = narrow["running"] + narrow["code"] - flash
    print(
        f"\n{flash:,} bytes of that code lie in flash when frozen: {frozen:,} bytes of memory are left to need"
    )
    print(f"the budget of {BUDGET:,} bytes {'holds' if frozen < BUDGET else 'is broken'}")
    if frozen >= BUDGET:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
