"""A user's binary is started, watched and stopped, and never outlives Landline."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from controller.errors import LinkError, UserError
from hil.bridges.process.program import GuardedProcess, Launch, check_binary
from tests.support.cli import ROOT

pytestmark = pytest.mark.realtime

DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
HOSTING = """
import asyncio, sys
from pathlib import Path
from hil.bridges.process.program import GuardedProcess, Launch

async def main():
    async with GuardedProcess(Launch((sys.executable, "-c", sys.argv[2]), Path(sys.argv[1]))):
        print("started", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def program(code: str, folder: Path, **env: str) -> GuardedProcess:
    return GuardedProcess(Launch((sys.executable, "-c", code), folder, env))


class Watched:
    """Detects start and end of a program by a connection, which the system closes at its end."""

    def __init__(self) -> None:
        self._reader: asyncio.Future[asyncio.StreamReader] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> Watched:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        if self._reader.done():
            self._writer.close()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._reader.set_result(reader)

    @property
    def code(self) -> str:
        """Return a program that prints a line, sends its process id and waits."""
        port = self._server.sockets[0].getsockname()[1]
        return (
            "import os, socket, threading\nprint('here', flush=True)\n"
            f"connection = socket.create_connection(('127.0.0.1', {port}))\n"
            "connection.sendall(b'%d\\n' % os.getpid())\nthreading.Event().wait()\n"
        )

    async def pid(self) -> int:
        async with asyncio.timeout(10.0):
            return int(await (await self._reader).readline())

    async def gone(self) -> None:
        async with asyncio.timeout(15.0):
            assert await (await self._reader).read() == b""


async def test_it_runs_in_its_folder_and_ends_with_the_block(tmp_path: Path) -> None:
    folder = tmp_path / "autopilot"
    async with Watched() as watched, program(f"open('made', 'w')\n{watched.code}", folder) as process:
        pid = await watched.pid()
        assert (folder / "made").exists()
        assert process.console.read_text() == "here\n"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_program_that_ends_by_itself_is_reported_with_its_last_output(tmp_path: Path) -> None:
    async with program("print('one'); print('no such model'); raise SystemExit(7)", tmp_path) as process:
        with pytest.raises(LinkError, match=r"exit code 7; last output: one / no such model.*console.txt"):
            await process.watch()


async def test_a_program_that_cannot_be_started_is_reported(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no program")
    text.chmod(0o755)
    async with GuardedProcess(Launch((str(text),), tmp_path)) as process:
        with pytest.raises(LinkError, match=r"127.*Exec format error"):
            await process.watch()


async def test_the_users_environment_overrides_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PX4_SIM_MODEL", "mine")
    code = "import os; print(os.environ['PX4_SIM_MODEL'], os.environ['PX4_SIM_SPEED_FACTOR'])"
    async with program(code, tmp_path, PX4_SIM_MODEL="ours", PX4_SIM_SPEED_FACTOR="5") as process:
        with pytest.raises(LinkError, match="last output: mine 5"):
            await process.watch()


@pytest.mark.skipif(os.name != "posix", reason="processes are killed by signals")
async def test_it_ends_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    async with Watched() as watched:
        parent = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-c", HOSTING, str(tmp_path), watched.code], cwd=ROOT, stdout=subprocess.PIPE
        )
        await watched.pid()
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert parent.stdout is not None
        parent.stdout.close()
        await watched.gone()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="programs elsewhere cannot be deaf to being ended")
async def test_a_program_that_ignores_termination_is_killed(tmp_path: Path) -> None:
    async with Watched() as watched:
        async with program(f"{DEAF}\n{watched.code}", tmp_path):
            await watched.pid()
        await watched.gone()


def test_a_missing_or_not_executable_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        check_binary(tmp_path / "px4")
    with pytest.raises(UserError, match="it is a folder"):
        check_binary(tmp_path)
    text = tmp_path / "px4"
    text.write_text("text")
    text.chmod(0o644)
    with pytest.raises(UserError, match="chmod"):
        check_binary(text)
