"""With the guard off what Landline tries arrives at the recorder; with the guard on it is refused before."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.cli.audit.recorded_run import named_places
from tests.support.cli import landline
from tests.support.seal.recorded_network import recorded, skip_where_nothing_can_be_recorded

TRIES = """
import socket, sys
from controller.cli.audit import unguarded
from controller.guard import audit
from controller.guard.policy import EndpointPolicy, EndpointRefused
assert unguarded.in_recorded_network()
if {off}:
    audit.enforce = unguarded._enforce
record = audit.install(EndpointPolicy())
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("203.0.113.9", 1009))
except EndpointRefused:
    print("refused")
print(len(record.allowed))
"""


@pytest.mark.parametrize(("off", "said", "seen"), [(True, ["1"], [1009]), (False, ["refused", "0"], [])])
def test_the_recorder_sees_what_the_guard_would_have_refused(
    tmp_path: Path, off: bool, said: list[str], seen: list[int]
) -> None:
    skip_where_nothing_can_be_recorded()
    found = recorded(TRIES.format(off=off), tmp_path)
    assert found["said"] == said
    assert [one[3] for one in found["seen"] if one[0] == "run"] == seen


@pytest.mark.slow
def test_a_whole_flight_with_guard_and_seal_off_sends_nothing(tmp_path: Path) -> None:
    skip_where_nothing_can_be_recorded()
    flight = "fly examples/inspection.plan --sim quad_x --speed max"
    done = landline("audit", "egress", "--run", flight, "--json", home=tmp_path, timeout_s=600)
    assert done.code == 0, done.err
    assert done.summary["recording"]["run_packets"] == 0
    assert [path.name for path in (tmp_path / "flights").glob("*/report.html")] == ["report.html"]


@pytest.mark.slow
def test_packets_to_a_named_endpoint_are_listed_and_are_no_fault(tmp_path: Path) -> None:
    skip_where_nothing_can_be_recorded()
    # A link over UDP sends its first heartbeat at once, and nothing answers.
    command = "params list --link udpout:203.0.113.9:14550"
    done = landline("audit", "egress", "--run", command, "--json", home=tmp_path)
    assert done.code == 3
    recording = done.summary["recording"]
    assert recording["run_packets"] > 0
    assert recording["unnamed_packets"] == 0
    assert {one["target"] for one in done.events[:-1] if one["origin"] == "run"} == {"203.0.113.9"}
    assert done.summary["outside_bytes"] == recording["run_bytes"] > 0


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["fly", "a.plan", "--sim", "quad_x"], set()),
        (["gcs", "--link", "udpout:203.0.113.9:14550?loss=0.1"], {("203.0.113.9", 14550)}),
        (["gcs", "--link=tcp:[2001:db8::7]:5760"], {("2001:db8::7", 5760)}),
        (
            ["gcs", "--link", "udpout:a.example:14550"],
            {("a.example", 14550), ("192.0.2.53", 53), ("2001:db8::53", 53)},
        ),
    ],
)
def test_only_links_on_the_command_line_are_named(words: list[str], named: set[tuple[str, int]]) -> None:
    assert named_places(words, {}) == named


def test_the_peers_that_a_commands_own_account_has_are_named() -> None:
    told = {"endpoints": [{"host": "0.0.0.0", "port": 14550, "peers": [["203.0.113.9", 5000]]}]}
    assert named_places(["gcs"], told) == {("0.0.0.0", 14550), ("203.0.113.9", 5000)}
