"""Deliberate faults in the guard, each in a copy of the sources: the tests of the guard fail for each."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.seal.sealed import skip_where_the_kernel_cannot
from tests.support.source_tree import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the seal"),
]
SEALED = "attempts/test_attempts.py::test_sealed_every_attempt_comes_out_as_the_table_says"
HOOK = "attempts/test_attempts.py::test_held_by_the_hook_every_attempt_comes_out_as_the_table_says"
FILTER = "seal/test_seccomp.py"
RUN = "seal/test_sealed_run.py"
BROKER = "seal/test_broker.py"
MUTANTS = [
    ("seal/seccomp.py", "_unless((socket.AF_INET, socket.AF_INET6),", "_unless((1, 2, 10),", RUN),
    ("seal/seccomp.py", "(socket.SOCK_STREAM, socket.SOCK_DGRAM)", "(1, 2, 3)", FILTER),
    ("seal/seccomp.py", "(socket.SOCK_STREAM, socket.SOCK_SEQPACKET)", "(1, 2, 5)", SEALED),
    ("seal/seccomp.py", '    "io_uring_setup",\n', "", SEALED),
    ("seal/seccomp.py", 'JUDGED = ("connect", ', "JUDGED = (", SEALED),
    ("seal/seccomp.py", '_for_call("sendto", machine, _sends()),', "", SEALED),
    ("seal/seccomp.py", "(TIOCSTI, TIOCLINUX), [", "(TIOCLINUX,), [", SEALED),
    ("seal/seccomp.py", "if not internet:", "if False:", RUN),
    ("seal/landlock.py", "rights = WRITE_FILE | REMOVE_DIR", "rights = REMOVE_DIR", SEALED),
    ("seal/landlock.py", "MAKE_DIR | MAKE_REG | MAKE_SOCK", "MAKE_DIR | MAKE_SOCK", RUN),
    ("seal/landlock.py", "_UNIX_SOCKET | SCOPE_SIGNAL if", "_UNIX_SOCKET if", SEALED),
    ("seal/landlock.py", 'DEVICES = ("/dev/null",', 'DEVICES = ("/dev/pts", "/dev/null",', SEALED),
    ("seal/begin.py", "_close_others(keep)", "pass", SEALED),
    ("witness.py", "return text, ip[0] == 127 if", "return text, True if", SEALED),
    ("witness.py", 'AF_UNSPEC and call == "connect"', "AF_UNSPEC", SEALED),
    ("broker.py", "number in range(len(self.account)) and", "number is not None and", BROKER),
    ("broker.py", "if kind != DATA or start", "if start", BROKER),
    ("broker.py", "flags=socket.AI_NUMERICHOST", "flags=0", BROKER),
    ("audit.py", "or int(kind) & 0xF == socket.SOCK_RAW", "", HOOK),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the sources and of the guard's tests."""
    skip_where_the_kernel_cannot()
    root = tmp_path_factory.mktemp("copy")
    skipped = shutil.ignore_patterns("static", "ui", "__pycache__", "test_mutations.py")
    for folder in ("controller", "landline", "hil", "tests/support", "tests/controller/guard"):
        shutil.copytree(ROOT / folder, root / folder, ignore=skipped)
    for name in ("setup.cfg", "pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, root / name)
    yield root
    shutil.rmtree(root)


def run_tests(root: Path, selected: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"),
            *("--rootdir", str(root), f"tests/controller/guard/{selected}"),
        ],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("selected", [SEALED, HOOK, FILTER, RUN, BROKER])
def test_the_copy_itself_passes(copy: Path, selected: str) -> None:
    done = run_tests(copy, selected)
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


@pytest.mark.parametrize(("file", "original", "mutant", "selected"), MUTANTS)
def test_a_fault_in_the_guard_is_found(
    copy: Path, file: str, original: str, mutant: str, selected: str
) -> None:
    path = copy / "controller" / "guard" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(original) == 1
    try:
        path.write_text(text.replace(original, mutant), encoding="utf-8")
        done = run_tests(copy, selected)
    finally:
        path.write_text(text, encoding="utf-8")
    assert done.returncode == 1, done.stdout
    assert "1 failed" in done.stdout
