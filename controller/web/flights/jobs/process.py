"""The process that works on logs: reads tasks from its standard input, answers on its standard output, one at a time.

    python -m controller.web.flights.jobs.process

A task is a line of JSON, `{"task": NAME, "args": {...}}`. An answer is a line of JSON with `kind`: `progress` (`done`,
`total`), then `json` (`value`), `bytes` (`length`, and so many bytes behind the line) or `error` (`line`). The process
ends when its input ends, that is with the ground station.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import Any, BinaryIO

from controller.errors import LandlineError
from controller.guard.audit import install
from controller.link.open import policy_for
from controller.web.flights.jobs.tasks import run_task

# Less than the live aircraft's.
_PRIORITY = 10


def main() -> None:
    """Serve tasks until the input ends."""
    # Libraries that print must not disturb the answers.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    # No link, no host, no program: this process reads files.
    install(policy_for([]))
    with suppress(OSError, AttributeError):
        os.nice(_PRIORITY)
    for line in sys.stdin.buffer:
        task = json.loads(line)
        _answer(answers, task["task"], task["args"])


def _answer(answers: BinaryIO, name: str, args: dict[str, Any]) -> None:
    def progress(done: int, total: int) -> None:
        _send(answers, {"kind": "progress", "done": done, "total": total})

    try:
        answer = run_task(name, args, progress)
    except Exception as error:  # the next task must be served
        _send(answers, {"kind": "error", "line": error_line(error)})
        return
    if isinstance(answer, bytes):
        _send(answers, {"kind": "bytes", "length": len(answer)}, answer)
    else:
        _send(answers, {"kind": "json", "value": answer})


def error_line(error: Exception) -> str:
    """One line about an error, for people."""
    if isinstance(error, LandlineError):
        return str(error)
    if isinstance(error, MemoryError):
        return "cannot read the log: not enough memory"
    if isinstance(error, OSError):
        return f"cannot read the flight: {error.strerror or error}"
    return f"cannot read the flight: Landline failed ({type(error).__name__}: {error}); please report it"


def _send(answers: BinaryIO, head: dict[str, Any], more: bytes = b"") -> None:
    data = json.dumps(head, ensure_ascii=True).encode() + b"\n" + more
    view = memoryview(data)
    while view:
        view = view[answers.write(view) or 0 :]


if __name__ == "__main__":
    main()
