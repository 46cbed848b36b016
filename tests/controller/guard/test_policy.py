"""The policy: this machine is open, everything else must be named, exactly."""

from __future__ import annotations

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
def test_everything_outside_is_refused_unless_named(host: str, listen: bool) -> None:
    with pytest.raises(EndpointRefused):
        EndpointPolicy().check(NetTarget(host, 14550, "udp", listen))


@pytest.mark.parametrize("kind", ["serial", "pty", "file", "memory"])
def test_what_no_network_carries_is_allowed(kind: str) -> None:
    EndpointPolicy().check(LocalTarget(kind, "/dev/ttyUSB0"))  # type: ignore[arg-type]


def test_a_named_endpoint_is_allowed() -> None:
    EndpointPolicy().naming([OUTSIDE]).check(OUTSIDE)


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
        EndpointPolicy().naming([OUTSIDE]).check(other)


@pytest.mark.parametrize(
    ("named", "opened"),
    [("FE80:0::1%eth0", "fe80::1"), ("::ffff:10.0.0.7", "10.0.0.7"), ("Drone.local", "drone.LOCAL")],
)
def test_one_address_in_two_spellings_is_one_address(named: str, opened: str) -> None:
    EndpointPolicy().naming([NetTarget(named, 5760, "tcp")]).check(NetTarget(opened, 5760, "tcp"))


def test_a_refusal_is_one_line_that_says_what_to_do() -> None:
    with pytest.raises(EndpointRefused) as refused:
        EndpointPolicy().check(NetTarget("::", 14550, "udp", listen=True))
    assert str(refused.value) == (
        "udp listening on [::]:14550 leaves this machine and was not named (a safety check); "
        "name it exactly, for example with --link, or use a loopback address"
    )
    assert refused.value.exit_code == 5
    assert isinstance(refused.value, OSError)


def test_a_host_may_be_looked_up_only_when_named_and_then_its_address_counts_as_named() -> None:
    policy = EndpointPolicy().naming([NetTarget("drone.local", 5760, "tcp")])
    assert policy.allows_name("drone.local")
    assert not policy.allows_name("example.com")
    policy.remember("drone.local", "192.168.4.9")
    policy.remember("example.com", "192.168.4.10")
    policy.check(NetTarget("192.168.4.9", 5760, "tcp"))
    for target in (NetTarget("192.168.4.9", 80, "tcp"), NetTarget("192.168.4.10", 5760, "tcp")):
        with pytest.raises(EndpointRefused):
            policy.check(target)


def test_only_a_named_udp_listener_may_answer() -> None:
    policy = EndpointPolicy().naming(
        [NetTarget("0.0.0.0", 14550, "udp", listen=True), NetTarget("0.0.0.0", 5760, "tcp", listen=True)]
    )
    assert policy.answers_from("0.0.0.0", 14550)
    assert not policy.answers_from("0.0.0.0", 14551)
    assert not policy.answers_from("0.0.0.0", 5760)
    assert not policy.answers_from("127.0.0.1", 14550)
    assert not EndpointPolicy().naming([OUTSIDE]).answers_from(OUTSIDE.host, OUTSIDE.port)
