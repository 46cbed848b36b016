"""Makes the attempts of a table in a process that is held in one of four ways, and says what came of each.

    python -m tests.support.seal.attempts GIVEN

GIVEN is a file of JSON: "mode", "attempts" (name and code), and what the code refers to. Each attempt runs twice: as a
plug-in, in this process, and as a script, in a process that this one started. A line of JSON follows for each.

With the mode "kernel" this process is `landline run --sealed`, and the script is this file, run by it:

    python attempts.py GIVEN        makes all attempts, each in a process of its own
    python attempts.py NUMBER GIVEN makes one, so that the record's command lines name it
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.seal.attempt_code import outcome, space, udp

# Set for the script: the process that it is to attack.
OTHER = "ATTEMPTS_OTHER"


class Held:
    """How this process is held, and what its guard recorded."""

    def __init__(self, given: dict[str, Any], seal: Any = None) -> None:
        self.given, self.seal, self.record, self.seen = given, seal, None, 0
        self.ends: dict[str, socket.socket] = {}
        if given["mode"] == "shared":
            self.begin()
        elif given["mode"] == "process":
            self.install()
        if self.seal is not None:
            self.open()

    def begin(self) -> None:
        """Seal this process."""
        from controller.guard.opener import Endpoint
        from controller.guard.seal.begin import SealRequest, begin

        named = tuple(Endpoint(kind, "127.0.0.1", self.given[kind]) for kind in ("udpout", "tcp"))
        data = Path(self.given["data"])
        self.seal = begin(SealRequest(named, (data,), data / "tmp"))

    def open(self) -> None:
        """Open the two endpoints of the policy, and take note of the broker."""
        import asyncio

        assert self.seal.mechanisms.namespaces.active == (self.given["mode"] == "kernel")
        self.given["other"] = self.seal._helpers[0].pid

        async def opened() -> None:
            for i, kind in enumerate(("udpout", "tcp")):
                self.ends[kind], _ = await self.seal._client.open(i)

        asyncio.run(opened())

    def install(self) -> None:
        """Install the audit hook."""
        from controller.guard.audit import install
        from controller.guard.policy import EndpointPolicy, NetTarget

        named = [NetTarget("127.0.0.1", self.given["udpout"], "udp")]
        self.record = install(EndpointPolicy().allowing(named))

    def allowed(self, kind: str) -> socket.socket:
        """Return the socket of an endpoint of the policy."""
        if kind not in self.ends:
            made = self.ends[kind] = udp() if kind == "udpout" else socket.socket()
            made.connect(("127.0.0.1", self.given[kind]))
            made.setblocking(False)
        return self.ends[kind]

    def recorded(self) -> list[dict[str, Any]]:
        """Return what was refused since the last call."""
        if self.seal is not None:
            entries = self.seal.account().refused
        elif self.record is not None:
            origins = self.record.origins
            entries = [
                {"what": what, "count": n, "by": [origins[what]]} for what, n in self.record.refused.items()
            ]
        else:
            return []
        before, self.seen = self.seen, sum(one["count"] for one in entries)
        return entries if self.seen > before else []


def sealed_script(given: dict[str, Any], number: int) -> None:
    """Make one attempt in the script of `landline run`; what it may use is its link."""
    port = int(os.environ["LANDLINE_LINK"].rpartition(":")[2])

    def allowed(kind: str) -> socket.socket:
        made = udp() if kind == "udpout" else socket.socket()
        made.connect(("127.0.0.1", port))
        made.setblocking(False)
        return made

    given["other"] = int(os.environ[OTHER])
    print(json.dumps(["script", number, made_one(given, number, space(given, allowed))]))  # noqa: T201


def made_one(given: dict[str, Any], number: int, names: dict[str, Any]) -> str:
    """Make one attempt; return what came of it."""
    code = compile(given["attempts"][number]["code"], "plugin.py", "exec")
    return outcome(lambda: exec(code, names))


def script(given: dict[str, Any], ends: dict[str, int]) -> None:
    """Make attempts as a script does: one for each line of standard input, which has its number."""
    sockets = {kind: socket.socket(fileno=fd) for kind, fd in ends.items()}
    names = space(given, sockets.__getitem__)
    for line in sys.stdin:
        print(made_one(given, int(line), names), flush=True)  # noqa: T201


def plugin(held: Held) -> None:
    """Make all attempts in this process."""
    names = space(held.given, held.allowed)
    for i in range(len(held.given["attempts"])):
        say(held, "plugin", i, made_one(held.given, i, names))


def say(held: Held, how: str, number: int, came: str) -> None:
    """Say what came of an attempt, and what the guard recorded of it."""
    found = held.recorded()
    newest = found[-1]["by"] if found else []
    print(json.dumps([how, number, came, bool(found), newest]), flush=True)  # noqa: T201


def landline_run(given: dict[str, Any], file: str) -> int:
    """Be `landline run --sealed`: make all attempts once the run is sealed, then let its script make them."""
    from unittest.mock import patch

    from controller.cli import main, sealing

    begin = sealing.before

    def begin_and_attempt(command: str, arguments: Any) -> None:
        begin(command, arguments)
        assert sealing.PROCESS.held is not None
        held = Held(given, sealing.PROCESS.held.seal)
        os.environ[OTHER] = str(given["other"])
        plugin(held)

    links = [f"--link={kind}:127.0.0.1:{given[kind]}" for kind in ("udpout", "tcp")]
    words = ["run", __file__, *links, "--write", given["data"], "--sealed", "--", file]
    with patch.object(sealing, "before", begin_and_attempt), patch.object(sys, "argv", ["landline", *words]):
        return main.main()


def main(given: dict[str, Any], file: str) -> None:
    """Make all attempts as a plug-in, then, where this process is sealed, as a script."""
    held = Held(given)
    plugin(held)
    if held.seal is None:
        return
    ends = {kind: held.allowed(kind).fileno() for kind in ("udpout", "tcp")}
    child = [sys.executable, "-m", "tests.support.seal.attempts", file, json.dumps(ends)]
    with subprocess.Popen(
        child, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=list(ends.values())
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for i, one in enumerate(given["attempts"]):
            if not one.get("plugin_only"):
                process.stdin.write(f"{i}\n")
                process.stdin.flush()
                say(held, "script", i, process.stdout.readline().strip())


def _run(words: list[str]) -> int:
    if len(words) == 2 and words[0].isdecimal():
        sealed_script(json.loads(Path(words[1]).read_text(encoding="utf-8")), int(words[0]))
        return 0
    given = json.loads(Path(words[0]).read_text(encoding="utf-8"))
    if len(words) == 2:
        script(given, json.loads(words[1]))
    elif OTHER in os.environ:
        for i in range(len(given["attempts"])):
            subprocess.run([sys.executable, __file__, str(i), words[0]], check=True)
    elif given["mode"] == "kernel":
        return landline_run(given, words[0])
    else:
        main(given, words[0])
    return 0


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1:]))
