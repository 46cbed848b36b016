"""The account of a run: one form for what the broker, the witness and the process itself counted."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from controller.guard.account import Account, Mechanism, counted_by_process, refused_by_hook
from controller.guard.held import Held, checked
from controller.guard.run_account import HIDDEN, RunStart, without_secrets
from controller.guard.software import own_files, software, tree_hash
from tests.support.seal.sealed import sealed, skip_where_the_kernel_cannot

FREE = Held("net:[1]", "user:[1]", "0", "0", "000001ffffffffff")
SHUT_IN = Held("net:[2]", "user:[2]", "2", "1", "0000000000000000")
BROKER = {
    "endpoint": {"kind": "udpin", "host": "0.0.0.0", "port": 14550, "path": "", "baud": 0},
    "peers": [["192.0.2.7", 14555]],
    "opened": 1,
    "received_packets": 3,
    "received_bytes": 90,
    "sent_packets": 2,
    "sent_bytes": 60,
    "dropped": 0,
    "malformed": 0,
}
WITNESS = {
    "call": "connect",
    "what": "192.0.2.1:80",
    "by": ["python x"],
    "pid": 7,
    "count": 2,
    "refused": True,
}


def test_endpoints_have_one_form_and_say_who_counted() -> None:
    own = counted_by_process(
        "udpout:192.0.2.7:14550?loss=0.1",
        received_bytes=10,
        sent_bytes=20,
        received_frames=1,
        sent_frames=2,
        peers=["192.0.2.7:14550"],
    )
    broker, process = Account("kernel", "", endpoints=[BROKER, own]).fields()["endpoints"]
    assert broker.keys() == process.keys()
    assert (broker["endpoint"], broker["counted_by"], broker["packets_are"]) == (
        "udpin:0.0.0.0:14550",
        "broker",
        "datagrams",
    )
    assert (process["host"], process["port"], process["sent_bytes"]) == ("192.0.2.7", 14550, 20)
    assert (process["counted_by"], process["packets_are"], process["peers"]) == (
        "process",
        "frames",
        [["192.0.2.7", 14550]],
    )


def test_a_serial_port_is_a_path_and_no_address() -> None:
    one = counted_by_process(
        "serial:/dev/ttyUSB0:57600", received_bytes=1, sent_bytes=1, received_frames=1, sent_frames=1
    )
    (entry,) = Account("process only", "no seal", endpoints=[one]).fields()["endpoints"]
    assert (entry["host"], entry["path"], entry["kind"]) == ("", "/dev/ttyUSB0:57600", "serial")


def test_refusals_name_their_origin() -> None:
    hook = refused_by_hook(
        {"connect tcp to 192.0.2.1:80": 3}, {"connect tcp to 192.0.2.1:80": "plugin.py:12"}
    )
    seen, told = Account("kernel", "", refused=[WITNESS, *hook]).fields()["refused"]
    assert (seen["source"], seen["pid"], seen["by"], seen["call"]) == ("witness", 7, ["python x"], "connect")
    assert (told["source"], told["origin"], told["count"]) == ("audit hook", "plugin.py:12", 3)


def test_a_mechanism_that_the_kernel_does_not_show_is_not_active() -> None:
    told = [Mechanism("namespaces", True, "own network"), Mechanism("seccomp", True, "no new kind")]
    assert [one.active for one in checked(told, FREE, SHUT_IN)] == [True, True]
    lost = checked(told, FREE, FREE)
    assert [one.active for one in lost] == [False, False]
    assert "the check does not see it" in lost[0].detail


def test_a_run_whose_filter_is_not_seen_is_process_only() -> None:
    account = Account("kernel", "", (Mechanism("seccomp", True, "no new kind"),))
    fields = RunStart(("gcs",), 0, Held.now()).finish(account)
    assert (fields["level"], fields["mechanisms"][0]["active"]) == ("process only", False)
    assert fields["reason"]


def test_the_account_has_the_run_and_what_ran() -> None:
    start = RunStart.now(["fly", "a.plan", "--sim", "quad_x"])
    fields = start.finish(Account("process only", "--unsealed"), exit_code=3)
    assert fields["command"] == ["fly", "a.plan", "--sim", "quad_x"]
    assert fields["started_utc"] <= fields["ended_utc"]
    assert (fields["pid"], fields["exit_code"], fields["level"]) == (os.getpid(), 3, "process only")
    found = fields["software"]
    assert found["python"]["version"] == sys.version.split()[0]
    assert (
        found["guard"]["broker.py"]
        == sha256(own_files()["controller/guard/broker.py"].read_bytes()).hexdigest()
    )
    assert len(found["distributions"]["numpy"]["record_sha256"]) == 64


def test_the_hash_of_the_own_files_changes_with_content_and_name(tmp_path: Path) -> None:
    one, two = tmp_path / "a", tmp_path / "b"
    one.write_bytes(b"1")
    two.write_bytes(b"1")
    before = tree_hash({"a": one})
    assert tree_hash({"b": two}) != before
    one.write_bytes(b"2")
    assert tree_hash({"a": one}) != before


def test_files_that_changed_after_the_start_are_named() -> None:
    assert software(since_ns=0)["changed_during_run"] == list(own_files())
    assert software(since_ns=1 << 62)["changed_during_run"] == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["gcs", "--passphrase", "abc"], ["gcs", "--passphrase", HIDDEN]),
        (["gcs", "--token=abc", "x"], ["gcs", f"--token={HIDDEN}", "x"]),
        (
            ["fly", "--link", "tcp://me:abc@192.0.2.1:5760"],
            ["fly", "--link", f"tcp://me:{HIDDEN}@192.0.2.1:5760"],
        ),
        (["fly", "udpin:x:1?password=abc&loss=1"], ["fly", f"udpin:x:1?password={HIDDEN}&loss=1"]),
        (
            ["fly", "a.plan", "--link", "udpin:x:1?sign=key1"],
            ["fly", "a.plan", "--link", "udpin:x:1?sign=key1"],
        ),
    ],
)
def test_secrets_of_the_command_line_are_left_out(given: list[str], kept: list[str]) -> None:
    assert without_secrets(given) == tuple(kept)


SEALED = """
seal_account = seal.account()
from controller.guard.run_account import RunStart
fields = RunStart(("try",), 0, before).finish(seal_account)
say(level=fields["level"], mechanisms=fields["mechanisms"])
"""


def test_a_sealed_run_sees_each_mechanism_in_the_kernels_files(tmp_path: Path) -> None:
    skip_where_the_kernel_cannot()
    outside = subprocess.run(["readlink", "/proc/self/ns/net"], capture_output=True, text=True, check=True)
    before = (
        f"from controller.guard.held import Held\nbefore = Held({outside.stdout.strip()!r}, 'user:[1]')\n"
    )
    said: dict[str, Any] = sealed(before + SEALED, tmp_path)
    assert said["level"] == "kernel"
    assert [one["active"] for one in said["mechanisms"]] == [True, True, True]
    assert all(one["checked"] for one in said["mechanisms"])
