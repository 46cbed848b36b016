"""`landline audit egress`: an account is shown only as far as its signature holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from controller.cli.main import main
from controller.guard.account import Account, Mechanism, counted_by_process, refused_by_hook
from controller.guard.run_account import RunStart
from controller.logs.evidence.account_file import write_account
from controller.logs.record.recorder import FlightRecorder
from tests.support.cli import landline
from tests.support.seal.recorded_network import skip_where_nothing_can_be_recorded
from tests.support.seal.sealed import skip_where_the_kernel_cannot

LINE = "looking up the name <b>telemetry.example.org</b>"


class Clock:
    def now(self) -> float:
        return 1.0

    def utc_us(self) -> int:
        return 1_800_000_000_000_000


def link(url: str, *, sent_bytes: int, peers: tuple[str, ...] = ()) -> dict[str, Any]:
    return counted_by_process(
        url, received_bytes=5, sent_bytes=sent_bytes, received_frames=1, sent_frames=2, peers=peers
    )


@pytest.fixture(scope="module")
def fields() -> dict[str, Any]:
    account = Account(
        "process only",
        "--unsealed was given",
        (Mechanism("landlock", False, "this kernel was started without it"),),
        [
            link("udpout:192.0.2.7:14550", sent_bytes=70),
            link("udpin:0.0.0.0:14551", sent_bytes=300, peers=("127.0.0.1:5000",)),
            link("udpin:0.0.0.0:14552", sent_bytes=5, peers=("127.0.0.1:5000", "[2001:db8::7]:5000")),
            link("tcp:127.0.0.1:5760", sent_bytes=1000),
            link("serial:/dev/ttyUSB0:57600", sent_bytes=2000),
        ],
        refused_by_hook({LINE: 2}, {LINE: "plugins/weather.py:12"}),
    )
    return RunStart.now(["gcs", "--link", "udpout:192.0.2.7:14550"]).finish(account, exit_code=0)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LANDLINE_HOME", str(tmp_path))
    return tmp_path


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_only_what_went_to_other_machines_counts_as_outside(
    home: Path, fields: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_account(fields, data=home).path
    assert main(["audit", "egress", "--last", "--json"]) == 0
    found = last_line(capsys)
    assert (found["event"], found["outside_bytes"], found["device_bytes"]) == ("summary", 75, 2000)
    assert [one["outside"] for one in found["allowed"]] == [True, False, True, False, False]
    assert (found["counted_by"], found["level"], found["signed"]) == ("process", "process only", str(path))
    assert found["refused"][0]["origin"] == "plugins/weather.py:12"
    assert found["mechanisms"][0]["name"] == "landlock"


def test_the_account_for_a_person_says_how_it_was_counted(
    home: Path, fields: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_account(fields, data=home).path
    for name in (path.name, path.stem, str(path), "last"):
        assert main(["audit", "egress", name]) == 0
        said = capsys.readouterr().out
        assert said.startswith(
            "75 bytes went to addresses outside this machine, 2,000 to serial ports; "
            "by the process's own count: --unsealed was given\n"
        )
        assert "no landlock: this kernel was started without it" in said
        assert "by plugins/weather.py:12" in said
        assert said.rstrip().endswith(str(path))


def test_the_page_needs_nothing_from_elsewhere_and_shows_text_as_text(
    home: Path, fields: dict[str, Any]
) -> None:
    write_account(fields, data=home)
    page = home / "egress.html"
    assert main(["audit", "egress", "--last", "--html", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text
    for word in ("<script", "src=", "href=", "url(", "@import", "<b>telemetry"):
        assert word not in text
    for word in ("75 bytes went", "plugins/weather.py:12", "&lt;b&gt;telemetry", "udpin:0.0.0.0:14551"):
        assert word in text


def test_long_lists_of_the_page_are_folded_and_nothing_is_left_out(
    home: Path, fields: dict[str, Any]
) -> None:
    many = [fields["refused"][0] | {"what": f"192.0.2.{i}:80", "refused": bool(i)} for i in range(150)]
    peers = [["192.0.2.9", 40000 + i] for i in range(16)]
    write_account(
        fields | {"refused": many, "endpoints": [fields["endpoints"][0] | {"peers": peers}]}, data=home
    )
    page = home / "egress.html"
    assert main(["audit", "egress", "--last", "--html", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert all(f"192.0.2.{i}:80" in text for i in range(150))
    assert all(f"192.0.2.9:{40000 + i}" in text for i in range(16))
    assert "<summary>130 more</summary>" in text
    assert "<summary>12 more</summary>" in text
    assert text.count("(stopped by the network namespace)") == 1


def test_a_changed_account_ends_with_6_and_its_page_claims_nothing(
    home: Path, fields: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_account(fields, data=home).path
    path.write_bytes(path.read_bytes().replace(b'"sent_bytes":70', b'"sent_bytes":0'))
    page = home / "egress.html"
    assert main(["audit", "egress", "--last", "--json", "--html", str(page)]) == 6
    found = last_line(capsys)
    assert (found["ok"], found["signed"]) == (False, None)
    assert "outside_bytes" not in found
    text = page.read_text(encoding="utf-8")
    assert "This account proves nothing" in text
    assert "bytes went" not in text


def test_an_account_of_an_unknown_key_ends_with_6_unless_the_key_is_given(
    home: Path, fields: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_account(fields, data=home / "other").path
    assert main(["audit", "egress", str(other)]) == 6
    assert "signed by unknown key" in capsys.readouterr().err
    key = json.loads(other.read_bytes())["key"]
    assert main(["audit", "egress", str(other), "--key", key]) == 0


def test_the_account_of_a_flight_must_belong_to_its_record(
    home: Path, fields: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    folders = []
    for vehicle in ("one", "two"):
        recorder = FlightRecorder.start(
            home / "flights", vehicle=vehicle, clock=Clock(), keys=home / "keys", durable=False
        )
        recorder.params({"A": 1.0})
        recorder.close(outcome="completed")
        write_account(fields, flight=recorder.folder, data=home)
        folders.append(recorder.folder)
    for folder in folders:
        assert main(["audit", "egress", str(folder)]) == 0
    (folders[0] / "egress.json").write_bytes((folders[1] / "egress.json").read_bytes())
    assert main(["audit", "egress", folders[0].name]) == 6
    assert f"it belongs to the flight {folders[1].name}" in capsys.readouterr().err


def test_a_recording_with_a_packet_to_an_unnamed_address_ends_with_6(
    home: Path, fields: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "runs").mkdir()
    pcap = home / "runs" / "x.pcap"
    pcap.write_bytes(b"packets")
    packet = {
        "utc": "2026-05-17T09:30:12.250000Z",
        "protocol": "UDP",
        "source": "198.51.100.1",
        "target": "2001:db8::7",
        "source_port": 5000,
        "target_port": 53,
        "length": 60,
        "first_bytes": "45",
        "origin": "run",
    }
    recording = {
        "command": "gcs",
        "mode": "with its guard and its seal off",
        "held": False,
        "controls": ["before the run: 192.0.2.1 and 2001:db8::1 seen"],
        "notes": [],
        "run_packets": 1,
        "run_bytes": 60,
        "kernel_packets": 0,
        "control_packets": 4,
        "unnamed_packets": 1,
        "packets": [packet],
        "pcap": {"file": "x.pcap", "bytes": 7, "sha256": sha256(b"packets").hexdigest()},
        "account": None,
    }
    write_account(fields | {"recording": recording, "endpoints": []}, data=home)
    page = home / "egress.html"
    assert main(["audit", "egress", "--last", "--json", "--html", str(page)]) == 6
    said = capsys.readouterr()
    assert "1 packet went to addresses that the command line does not name" in said.err
    assert json.loads(said.out.splitlines()[-1])["outside_bytes"] == 60
    text = page.read_text(encoding="utf-8")
    assert "[2001:db8::7]:53" in text.replace("</code>", "")
    assert "left no account of its own" in text


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "give a flight or a run"),
        (["last", "--last"], "give a flight or a run"),
        (["last", "--held"], "cannot use --held without --run"),
        (["--last"], "there is no account of a run yet"),
        (["20200101T000000Z-gcs"], "cannot find flight"),
        (["--run", "fly 'a"], "cannot read the command"),
        (["--run", "landline audit egress --last"], "cannot record this command"),
    ],
)
def test_what_cannot_be_shown_is_told_in_one_line(
    home: Path, capsys: pytest.CaptureFixture[str], words: list[str], why: str
) -> None:
    assert main(["audit", "egress", *words]) == 2
    assert why in capsys.readouterr().err
    assert not (home / "runs").exists()


def test_the_guard_is_never_off_outside_the_recorders_network(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "controller.cli.audit.unguarded", "doctor"],
        env={**os.environ, "LANDLINE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (5, "")


@pytest.mark.parametrize("held", [False, True])
def test_a_recorded_command_is_told_with_its_packets(tmp_path: Path, held: bool) -> None:
    skip_where_nothing_can_be_recorded()
    command = "mission check examples/inspection.plan"
    done = landline(
        "audit", "egress", "--run", command, "--json", *(["--held"] if held else []), home=tmp_path
    )
    assert done.code == 0, done.err
    assert [one["origin"] for one in done.events[:-1]] == ["control"] * 4
    recording = done.summary["recording"]
    assert (done.summary["outside_bytes"], recording["run_packets"], recording["held"]) == (0, 0, held)
    assert done.summary["counted_by"] == "recorder"
    pcap = tmp_path / "runs" / recording["pcap"]["file"]
    assert pcap.stat().st_size == recording["pcap"]["bytes"]
    pcap.write_bytes(pcap.read_bytes()[:-1])
    assert landline("audit", "egress", "--last", home=tmp_path).code == 6


def test_a_recorded_command_has_its_whole_seal_also_as_root(tmp_path: Path) -> None:
    skip_where_nothing_can_be_recorded()
    skip_where_the_kernel_cannot()
    command = "params list --link tcp:127.0.0.1:1 --sealed"
    done = landline("audit", "egress", "--run", command, "--held", "--json", home=tmp_path)
    assert done.summary["recording"]["run_packets"] == 0
    active = {one["name"]: one["active"] for one in done.summary["mechanisms"]}
    assert active == {"namespaces": True, "seccomp": True, "landlock": True}, done.err
