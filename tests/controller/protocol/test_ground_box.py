"""Reading the status of a ground box."""

from __future__ import annotations

import pytest

from controller.errors import LinkError
from controller.protocol.ground_box import TIMEOUT_S, BoxClient, BoxState
from controller.protocol.state_machine import Done, Failed
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.message import Message
from tests.support.box.rig import BOX, MemoryCard, Rig


def ask(rig: Rig, *, lose: int = 0) -> BoxState:
    """Read the status through the laptop's port; every `lose`-th frame of the box is lost."""
    client = BoxClient(BOX)
    now, count = 0.0, 0
    out: list[Message] = client.start(now)
    while client.outcome is None and now < 2 * TIMEOUT_S:
        if out:
            rig.up(*out)
        rig.turn(20)
        now += 0.02
        out = []
        for frame in rig.heard(rig.laptop):
            count += 1
            if not lose or count % lose:
                out += client.receive(frame.message(), frame.source, now)
        if client.deadline is not None and client.deadline <= now:
            out += client.tick(now)
    assert isinstance(client.outcome, Done)
    return client.outcome.value


def test_it_ends_with_all_values_and_parameters_of_the_box() -> None:
    rig = Rig(card=MemoryCard())
    state = ask(rig)
    assert state.complete
    assert not state.critical
    assert state.values["RECLOST"] == 0
    assert {"R1LOSS", "R2LOSS", "DEADMAN"} <= set(state.values)
    assert state.params["BOX_SILENT_MS"] == 5000.0
    assert len(state.params) == 5
    assert not rig.heard(rig.radios[0])  # no request went to the aircraft


def test_lost_parameters_are_requested_again() -> None:
    state = ask(Rig(), lose=3)
    assert not state.locked
    assert state.complete
    assert len(state.params) == 5


def test_a_box_with_a_fault_is_critical() -> None:
    rig = Rig()
    rig.radios[0].raises = OSError("unplugged")
    rig.run(3000)
    assert ask(rig).critical


def test_a_locked_box_is_distinguished_from_a_bad_link() -> None:
    state = ask(Rig(keys={"laptop": "ab" * 32}, firewall={"locked": True}))
    assert (state.complete, state.locked, state.params) == (False, True, {})
    assert state.values["REFUSED"] > 0


def test_no_answer_is_a_link_error_with_a_hint() -> None:
    client = BoxClient(BOX)
    now = 0.0
    client.start(now)
    while client.deadline is not None:
        now = client.deadline
        client.tick(now)
    assert now == pytest.approx(TIMEOUT_S)
    assert isinstance(client.outcome, Failed)
    assert isinstance(client.outcome.error, LinkError)
    assert "--box-system" in str(client.outcome.error)


def test_messages_of_other_systems_are_ignored() -> None:
    client = BoxClient(BOX)
    client.start(0.0)
    assert client.receive(m.HEARTBEAT(system_status=5), address(1, 1), 0.1) == []
    client.tick(client.deadline or 0.0)
    assert client.outcome is None
