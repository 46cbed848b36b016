"""Guard process, which ends a program with its parent.

Use: `python -m hil.bridges.process.process_guard CONSOLE PROGRAM [ARGUMENT ...]`. The program's output goes to the
file CONSOLE. When standard input ends, because the parent closed it or died, the guard terminates the program and its
children, and kills them after 5 s. The exit code is the program's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

GRACE_S = 5.0


def guard(console: str, argv: list[str]) -> int:
    """Run the program until it ends or standard input ends; return its exit code."""
    if hasattr(os, "setpgrp") and os.getpgrp() != os.getpid():
        os.setpgrp()
    # A handler, because the program would inherit SIG_IGN: the signal to the group is for the others.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with open(console, "ab", buffering=0) as out:  # noqa: PTH123 - start-up in milliseconds
        try:
            program = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        except OSError as error:
            out.write(f"{argv[0]}: {error.strerror or error}\n".encode())
            return 127

        def watch() -> None:
            while os.read(0, 4096):  # not sys.stdin, whose lock the waiting thread would hold at exit
                pass
            _terminate(program)
            try:
                program.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                _kill(program)

        threading.Thread(target=watch, daemon=True).start()
        code = program.wait()
        _terminate(program)  # children it left behind
    return code if code >= 0 else 128 - code


def _terminate(program: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGTERM)
    else:
        program.terminate()


def _kill(program: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    else:
        program.kill()


if __name__ == "__main__":
    raise SystemExit(guard(sys.argv[1], sys.argv[2:]))
