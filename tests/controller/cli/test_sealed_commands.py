"""Whole commands that run sealed: flights, links of every kind, the web page, logs, plans and parameters."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import COMMAND, ROOT, environment, landline
from tests.support.plans import short_plan
from tests.support.seal.sealed import NO_NAMESPACES, skip_where_the_kernel_cannot

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the seal"),
]


@pytest.fixture(autouse=True, scope="module")
def _kernel() -> None:
    skip_where_the_kernel_cannot()


def test_a_flight_runs_sealed_and_its_record_says_so(tmp_path: Path) -> None:
    plan = short_plan(tmp_path)
    done = landline("fly", plan, "--sim", "quad_x", "--speed", "max", home=tmp_path)
    assert done.code == 0, done.err
    (flight,) = (one for one in (tmp_path / "flights").iterdir() if one.is_dir())
    start = json.loads((flight / "events.jsonl").read_text().splitlines()[0])
    assert start["policy"]["seal"] == "kernel"
    assert start["policy"]["endpoints"] == []
    assert done.err.splitlines()[-1] == (
        f"evidence  {flight / 'egress.json'}: 0 bytes went to addresses outside this machine; the kernel held the run; "
        "the broker outside the seal counted; network namespace, seccomp, Landlock"
    )
    assert not any((tmp_path / "tmp").iterdir())


@pytest.mark.slow
def test_a_recorded_flight_is_read_verified_and_exported_sealed(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    plan = short_plan(tmp_path)
    assert (
        landline("fly", plan, "--sim", "quad_x", "--box", "--speed", "max", "--sealed", home=home).code == 0
    )
    for words in (
        ("ls",),
        ("show", "last"),
        ("verify", "last"),
        ("review", "last"),
        ("report", "last"),
        ("sql", "SELECT count(*) FROM ATTITUDE"),
        ("export", "last", "--as", "parquet", "--out", out / "tables"),
        ("export", "last", "--out", out / "track.kml"),
        ("fingerprint", "last", "--svg", out / "head.svg"),
    ):
        done = landline("logs", *words, "--sealed", home=home)
        assert done.code == 0, done.err
    assert {"tables", "track.kml", "head.svg"} == {one.name for one in out.iterdir()}


def test_a_converted_plan_is_written_beside_its_source(tmp_path: Path) -> None:
    plan = short_plan(tmp_path)
    target = tmp_path / "new" / "converted.txt"
    done = landline("mission", "convert", plan, target, "--sealed", home=tmp_path / "home")
    assert done.code == 0, done.err
    assert target.read_text().startswith("QGC WPL 110")


def test_a_host_without_an_address_is_a_lost_link(tmp_path: Path) -> None:
    done = landline("params", "list", "--link", "tcp:aircraft.invalid:5760", "--sealed", home=tmp_path)
    assert done.code == 3
    assert "cannot find host aircraft.invalid" in done.err


def test_without_namespaces_the_run_is_sealed_by_what_there_is(tmp_path: Path) -> None:
    command = [*NO_NAMESPACES, sys.executable, "-m", "controller.cli.main", "params", "list", "--sealed"]
    done = subprocess.run(
        [*command, "--link", "tcp:127.0.0.1:1"],
        env=environment(tmp_path),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 3, done.stderr
    assert "sealed by the kernel: seccomp, Landlock; no namespaces: " in done.stderr


def test_a_folder_from_which_programs_start_is_refused(tmp_path: Path) -> None:
    place = Path.home() / ".config" / "autostart"
    done = landline("fly", short_plan(tmp_path), "--sim", "quad_x", "--sealed", "--out", place, home=tmp_path)
    assert done.code == 5
    assert "programs start from" in done.err
    assert not place.exists()


def test_an_output_in_the_home_folder_leaves_landlock_alone_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    words = ("params", "save", tmp_path / "out.param", "--link", "tcp:127.0.0.1:1")
    done = landline(*words, home=tmp_path / "data")
    assert done.code == 3
    assert done.err.startswith(
        "may use: tcp:127.0.0.1:1; nothing else; sealed by the kernel: network namespace, seccomp; "
        f"no landlock: programs start from {tmp_path}, where the run writes\n"
    )
    (account,) = (json.loads(one.read_text()) for one in (tmp_path / "data" / "runs").iterdir())
    assert [one["active"] for one in account["mechanisms"]] == [True, True, False]
    assert landline(*words, "--sealed", home=tmp_path / "data").code == 5


def test_a_data_folder_that_cannot_be_made_leaves_landlock_alone_out(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.touch()
    done = landline("params", "list", "--link", "tcp:127.0.0.1:1", home=home)
    assert done.code == 3
    assert f"network namespace, seccomp; no landlock: {home}" in done.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("aircraft", "ours"),
    [
        ("udpout:127.0.0.1:{port}", "udpin:127.0.0.1:{port}"),
        ("udpin:127.0.0.1:{port}", "udpout:127.0.0.1:{port}"),
        ("tcpin:127.0.0.1:{port}", "tcp:localhost:{port}"),
        ("pty:{folder}/tty", "serial:{folder}/tty:115200"),
    ],
)
def test_a_parameter_is_read_over_each_kind_of_link_from_inside_the_seal(
    tmp_path: Path, aircraft: str, ours: str
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    theirs, link = (text.format(port=port, folder=tmp_path) for text in (aircraft, ours))
    with subprocess.Popen(
        [*COMMAND, "sim", "--link", theirs, "--unsealed", "--json"],
        env=environment(tmp_path / "sim"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as simulated:
        try:
            assert simulated.stdout is not None
            assert json.loads(simulated.stdout.readline())["event"] == "ready"
            done = landline("params", "get", "RTL_ALT", "--link", link, "--sealed", home=tmp_path / "data")
        finally:
            simulated.terminate()
    assert done.code == 0, done.err
    assert done.out.startswith("RTL_ALT ")
    assert f"may use: {link}; nothing else; sealed by the kernel: " in done.err
    (account,) = (json.loads(one.read_text()) for one in (tmp_path / "data" / "runs").iterdir())
    (counted,) = account["endpoints"]
    assert (account["level"], account["exit_code"], account["complete"]) == ("kernel", 0, True)
    assert min(counted["received_bytes"], counted["sent_bytes"]) > 0
