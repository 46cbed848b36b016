"""The audit hook of commands without endpoints: what they try outside is refused in one line, and recorded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import ROOT, environment

PLAN = str(ROOT / "examples" / "inspection.plan")
# Instead of the command's own work, which begins after its run has begun.
ATTEMPT = """
import socket, sys
from typer.core import TyperCommand
from controller.cli.main import main

def connect(command, context):
    {attempt}

TyperCommand.invoke = connect
sys.exit(main())
"""
CONNECT = 'socket.create_connection(("192.0.2.1", 80), 2)'


def try_in(home: Path, attempt: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose work is replaced by an attempt."""
    return subprocess.run(
        [sys.executable, "-c", ATTEMPT.format(attempt=attempt), *words, "--unsealed"],
        cwd=ROOT,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    "words",
    [
        *(("logs", "ls"), ("logs", "key"), ("audit", "data"), ("doctor",), ("bundle", "verify", "none")),
        *(
            ("mission", "convert", PLAN, "out.waypoints"),
            ("fly", PLAN, "--sim=quad_x"),
            ("box", "run", "none"),
        ),
        ("audit", "egress", "--run", "doctor"),
    ],
    ids=lambda words: " ".join(words[:2]).replace(PLAN, "PLAN"),
)
def test_a_connection_of_any_command_is_refused_in_one_line_and_recorded(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    done = try_in(tmp_path, CONNECT, *words)
    assert done.returncode == 5, done.stderr
    line = done.stderr.splitlines()[-1]
    assert line.startswith("landline: cannot allow connect tcp to 192.0.2.1:80: it was not named")
    (account,) = (tmp_path / "runs").glob("*.json")
    (refused,) = json.loads(account.read_text())["refused"]
    assert (refused["source"], refused["what"]) == ("audit hook", "connect tcp to 192.0.2.1:80")
    assert refused["origin"].startswith("<string>:")


@pytest.mark.parametrize(
    ("attempt", "what"),
    [
        ('socket.getaddrinfo("example.invalid", 80)', "looking up the name example.invalid"),
        ('__import__("subprocess").run(["curl"])', "starting the program curl"),
    ],
)
def test_a_command_without_endpoints_looks_up_no_name_and_starts_no_program(
    attempt: str, what: str, tmp_path: Path
) -> None:
    done = try_in(tmp_path, attempt, "logs", "key")
    assert (done.returncode, what in done.stderr.splitlines()[-1]) == (5, True), done.stderr


def test_a_policy_file_allows_a_program_to_every_command(tmp_path: Path) -> None:
    policy = tmp_path / "own.toml"
    policy.write_text(f'[programs]\nallow = ["{Path(sys.executable).name}"]\n')
    start = f'__import__("subprocess").run([{sys.executable!r}, "-c", ""], check=True)'
    done = try_in(tmp_path, start, "logs", "key", f"--policy={policy}")
    assert (done.returncode, done.stderr) == (0, "")
