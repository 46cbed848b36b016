"""Scripts that run in a recorded network, each recorded by a process of its own."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.source_tree import ROOT

RECORDER = """
import json, os, sys
from pathlib import Path
from controller.errors import LandlineError
from controller.guard.capture import recorded_process, recording
script, folder = sys.argv[1], Path(sys.argv[2])
{before}
job = recorded_process.Job([sys.executable, "-c", script], os.environ, folder, [folder], 1)
try:
    found = recording.record(job, folder / "seen.pcap", lambda packet: None)
except LandlineError as error:
    print(json.dumps(dict(code=error.exit_code, what=str(error))))
else:
    seen = [(one.origin, one.protocol, one.target, one.target_port) for one in found.packets]
    print(json.dumps(dict(code=0, seen=seen, controls=found.controls, exit_code=found.exit_code, notes=found.notes)))
"""


def recorded(script: str, folder: Path, *, before: str = "") -> dict[str, Any]:
    """Record a Python script; `before` is code for the recorder. The script's output comes first, in "said"."""
    done = subprocess.run(
        [sys.executable, "-c", RECORDER.format(before=before), script, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout, done.stderr
    *said, last = done.stdout.splitlines()
    found: dict[str, Any] = json.loads(last)
    return found | {"said": said}


@functools.cache
def _missing() -> str:
    with tempfile.TemporaryDirectory() as folder:
        found = recorded("", Path(folder))
    return str(found["what"]) if found["code"] == 5 else ""


def skip_where_nothing_can_be_recorded() -> None:
    """Skip a test where this machine has no namespaces or no TUN device, with the reason."""
    if sys.platform != "linux":
        pytest.skip("only Linux has network namespaces")
    if missing := _missing():
        pytest.skip(missing)
