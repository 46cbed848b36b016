"""Keeps a program no longer than its parent: `python -m hil.bridges.process.process_guard CONSOLE PROGRAM [ARGUMENT ...]`.

The program writes to the file CONSOLE. When standard input ends, because the parent closed it or died of anything, the
program and all it started are asked to end and, 5 s later, made to. The exit code is the program's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

GRACE_S = 5.0


def keep(console: str, argv: list[str]) -> int:
    """Run it to its end, or to that of standard input."""
    if hasattr(os, "setpgrp") and os.getpgrp() != os.getpid():
        os.setpgrp()
    # A handler, not SIG_IGN, which the program would inherit: the group's signal is for the others.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with open(console, "ab", buffering=0) as out:  # noqa: PTH123 - start-up in milliseconds
        try:
            program = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        except OSError as error:
            out.write(f"{argv[0]}: {error.strerror or error}\n".encode())
            return 127

        def watch() -> None:
            while os.read(0, 4096):  # not sys.stdin, whose lock a waiting thread would hold at the end
                pass
            _ask(program)
            try:
                program.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                _force(program)

        threading.Thread(target=watch, daemon=True).start()
        code = program.wait()
        _ask(program)  # what it left behind
    return code if code >= 0 else 128 - code


def _ask(program: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGTERM)
    else:
        program.terminate()


def _force(program: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    else:
        program.kill()


if __name__ == "__main__":
    raise SystemExit(keep(sys.argv[1], sys.argv[2:]))
