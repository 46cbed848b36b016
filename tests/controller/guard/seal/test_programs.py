"""The programs outside the seal: short, of the standard library alone, and importable on every platform."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.support.source_tree import ROOT

GUARD = ROOT / "controller" / "guard"
# Modules of the standard library load first: they look at the platform themselves.
ELSEWHERE = """
import asyncio, ctypes, importlib, json, pathlib, select, signal, socket, struct, subprocess, sys, threading, traceback
import concurrent.futures, dataclasses, ipaddress, multiprocessing.context, platform, tomllib, uuid, zoneinfo
for missing in ("fcntl", "termios", "tty", "pty", "pwd", "grp", "resource"):
    sys.modules[missing] = None
for missing in ("poll", "epoll", "EPOLLIN", "EPOLLOUT", "POLLIN", "POLLOUT"):
    delattr(select, missing)
for missing in ("AF_UNIX", "SOCK_SEQPACKET", "socketpair", "send_fds", "recv_fds"):
    vars(socket).pop(missing, None)
sys.platform = "win32"
for name in sys.argv[1:]:
    importlib.import_module(name)
print("imported")
"""


@pytest.mark.parametrize(("program", "limit"), [("broker.py", 300), ("witness.py", 150)])
def test_a_program_outside_the_seal_can_be_read_in_one_sitting(program: str, limit: int) -> None:
    text = (GUARD / program).read_text(encoding="utf-8")
    assert len(text.splitlines()) < limit
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).partition(".")[0])
    assert names <= sys.stdlib_module_names
    assert "runpy" not in names
    assert "importlib" not in names


def test_all_modules_of_the_guard_can_be_imported_where_linux_is_missing() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted(GUARD.rglob("*.py"))
        if path.name != "__init__.py"
    ]
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *modules],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == "imported\n", done.stderr
