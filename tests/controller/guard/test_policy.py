"""Endpoint policy: this machine is allowed; other endpoints must be named exactly."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from controller.guard.policy import EndpointPolicy, EndpointRefused, LocalTarget, NetTarget, is_loopback

OUTSIDE = NetTarget("192.168.4.1", 14550, "udp")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST", "::ffff:127.0.0.1", "::1%lo"]
)
def test_loopback_is_allowed_however_it_is_written(host: str) -> None:
    assert is_loopback(host)
    EndpointPolicy().check(NetTarget(host, 14550, "udp", listen=True))


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",
        "::",
        "192.168.4.1",
        "8.8.8.8",
        "128.0.0.1",
        "::ffff:8.8.8.8",
        "fe80::1%eth0",
        "example.com",
        "127.0.0.1.example.com",
        "",
    ],
)
@pytest.mark.parametrize("listen", [True, False])
def test_endpoints_outside_are_refused_unless_named(host: str, listen: bool) -> None:
    with pytest.raises(EndpointRefused):
        EndpointPolicy().check(NetTarget(host, 14550, "udp", listen))


@pytest.mark.parametrize("kind", ["serial", "pty", "file", "memory"])
def test_local_endpoints_are_allowed(kind: str) -> None:
    EndpointPolicy().check(LocalTarget(kind, "/dev/ttyUSB0"))  # type: ignore[arg-type]


def test_a_named_endpoint_is_allowed() -> None:
    EndpointPolicy().allowing([OUTSIDE]).check(OUTSIDE)


@pytest.mark.parametrize(
    "other",
    [
        NetTarget("192.168.4.2", 14550, "udp"),
        NetTarget("192.168.4.1", 14551, "udp"),
        NetTarget("192.168.4.1", 14550, "tcp"),
        NetTarget("192.168.4.1", 14550, "udp", listen=True),
    ],
)
def test_naming_one_endpoint_allows_nothing_that_differs_from_it(other: NetTarget) -> None:
    with pytest.raises(EndpointRefused):
        EndpointPolicy().allowing([OUTSIDE]).check(other)


@pytest.mark.parametrize(
    ("named", "opened"),
    [("FE80:0::1%eth0", "fe80::1"), ("::ffff:10.0.0.7", "10.0.0.7"), ("Drone.local", "drone.LOCAL")],
)
def test_one_address_in_two_spellings_is_one_address(named: str, opened: str) -> None:
    EndpointPolicy().allowing([NetTarget(named, 5760, "tcp")]).check(NetTarget(opened, 5760, "tcp"))


def test_a_refusal_is_one_line_with_a_hint() -> None:
    with pytest.raises(EndpointRefused) as refused:
        EndpointPolicy().check(NetTarget("::", 14550, "udp", listen=True))
    assert str(refused.value) == (
        "cannot open udp listening on [::]:14550: it is outside this machine and was not named (a safety check); "
        "name it exactly, for example with --link, or use a loopback address"
    )
    assert refused.value.exit_code == 5
    assert isinstance(refused.value, OSError)


def test_only_a_named_host_is_resolved_and_its_address_is_then_allowed() -> None:
    policy = EndpointPolicy().allowing([NetTarget("drone.local", 5760, "tcp")])
    assert policy.allows_name("drone.local")
    assert not policy.allows_name("example.com")
    policy.found.add("drone.local", "192.168.4.9")
    policy.found.add("example.com", "192.168.4.10")
    policy.check(NetTarget("192.168.4.9", 5760, "tcp"))
    for target in (NetTarget("192.168.4.9", 80, "tcp"), NetTarget("192.168.4.10", 5760, "tcp")):
        with pytest.raises(EndpointRefused):
            policy.check(target)


def test_a_policy_cannot_be_changed_once_it_is_made() -> None:
    policy = EndpointPolicy().allowing([OUTSIDE])
    for name in ("named", "programs", "devices", "opener", "found"):
        with pytest.raises(FrozenInstanceError):
            setattr(policy, name, frozenset())
    assert isinstance(policy.named, frozenset)


def test_only_a_named_udp_listener_may_answer() -> None:
    policy = EndpointPolicy().allowing(
        [NetTarget("0.0.0.0", 14550, "udp", listen=True), NetTarget("0.0.0.0", 5760, "tcp", listen=True)]
    )
    assert policy.may_answer_from("0.0.0.0", 14550)
    assert not policy.may_answer_from("0.0.0.0", 14551)
    assert not policy.may_answer_from("0.0.0.0", 5760)
    assert not policy.may_answer_from("127.0.0.1", 14550)
    assert not EndpointPolicy().allowing([OUTSIDE]).may_answer_from(OUTSIDE.host, OUTSIDE.port)
