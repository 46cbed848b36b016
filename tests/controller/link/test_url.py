"""Link URLs: all accepted spellings, and an error with the right spelling for the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import UserError
from controller.guard.policy import EndpointRefused, LocalTarget, NetTarget
from controller.link.open import open_link, policy_for
from controller.link.url import Impairment, LinkUrl, parse
from hil.sim.clock import VirtualClock

UDP = LinkUrl("udpin", host="127.0.0.1", port=14550)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("udpin:127.0.0.1:14550", UDP),
        ("udp:127.0.0.1:14550", UDP),
        ("udp://127.0.0.1:14550", UDP),
        ("udpin://:14550", UDP),
        ("udpin:14550", UDP),
        ("UDPIN:127.0.0.1:14550/", UDP),
        (" udpin:127.0.0.1:14550\n", UDP),
        ("udpin:0.0.0.0:14550", LinkUrl("udpin", host="0.0.0.0", port=14550)),
        ("udpin:[::1]:14550", LinkUrl("udpin", host="::1", port=14550)),
        ("udpout:[fe80::1%eth0]:14550", LinkUrl("udpout", host="fe80::1%eth0", port=14550)),
        ("udpout:drone.local:14550", LinkUrl("udpout", host="drone.local", port=14550)),
        ("udpin:127.0.0.1:0", LinkUrl("udpin", host="127.0.0.1", port=0)),
        ("tcp:10.0.0.7:5760", LinkUrl("tcp", host="10.0.0.7", port=5760)),
        ("tcpin:localhost:5760", LinkUrl("tcpin", host="localhost", port=5760)),
        ("serial:/dev/ttyUSB0:57600", LinkUrl("serial", path="/dev/ttyUSB0", baud=57600)),
        ("serial:///dev/ttyUSB0:57600", LinkUrl("serial", path="/dev/ttyUSB0", baud=57600)),
        ("serial:/dev/ttyUSB0", LinkUrl("serial", path="/dev/ttyUSB0", baud=57600)),
        ("serial:/dev/ttyUSB0?baud=921600", LinkUrl("serial", path="/dev/ttyUSB0", baud=921600)),
        ("serial:COM3:115200", LinkUrl("serial", path="COM3", baud=115200)),
        ("/dev/ttyACM0,115200", LinkUrl("serial", path="/dev/ttyACM0", baud=115200)),
        ("/dev/ttyACM0", LinkUrl("serial", path="/dev/ttyACM0", baud=57600)),
        ("COM3", LinkUrl("serial", path="COM3", baud=57600)),
        ("com12,115200", LinkUrl("serial", path="COM12", baud=115200)),
        ("com12:115200", LinkUrl("serial", path="COM12", baud=115200)),
        ("tlog:flights/a b.tlog", LinkUrl("tlog", path="flights/a b.tlog")),
        (r"tlog:C:\flights\x.tlog", LinkUrl("tlog", path=r"C:\flights\x.tlog")),
        ("flight.tlog", LinkUrl("tlog", path="flight.tlog")),
        ("pty:/tmp/landline", LinkUrl("pty", path="/tmp/landline")),
        ("pty:", LinkUrl("pty")),
    ],
)
def test_every_accepted_spelling_is_parsed(text: str, url: LinkUrl) -> None:
    assert parse(text) == url


def test_options_are_parsed_and_default_to_no_impairment() -> None:
    url = parse(
        "udpin:127.0.0.1:14550?loss=0.2&delay_ms=150&jitter_ms=5&rate_bps=9600&dup=0.05&reorder=0.1&seed=7&sign=field"
    )
    assert url.impairment == Impairment(
        loss=0.2, delay_ms=150, jitter_ms=5, rate_bps=9600, dup=0.05, reorder=0.1, seed=7
    )
    assert url.sign == "field"
    assert not url.impairment.harmless
    assert parse("udpin:127.0.0.1:14550?seed=7").impairment.harmless


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "updin:127.0.0.1:14550",
            "no link kind 'updin' (your input); did you mean 'udpin', as in udpin:127.0.0.1:14550?",
        ),
        (
            "serail:/dev/ttyUSB0",
            "no link kind 'serail' (your input); did you mean 'serial', as in serial:/dev/ttyUSB0:57600?",
        ),
        ("tpc:127.0.0.1:5760", "did you mean 'tcp'"),
        ("http://example.com", "no link kind 'http'"),
        (
            "127.0.0.1:14550",
            "no link kind '127.0.0.1' (your input); write for example udpin:127.0.0.1:14550",
        ),
        ("", "no link kind ''"),
        ("udpin:127.0.0.1", "no port (your input); write udpin:127.0.0.1:14550"),
        ("tcp:", "no port (your input); write tcp:127.0.0.1:5760"),
        ("udpin:127.0.0.1:99999", "'99999' is not a port (1 to 65535)"),
        ("udpin:127.0.0.1:1455o", "'1455o' is not a port (1 to 65535)"),
        ("udpout:127.0.0.1:0", "'0' is not a port (1 to 65535)"),
        ("udpin:300.1.1.1:14550", "'300.1.1.1' is neither an address nor a host name"),
        ("udpin:a b:14550", "'a b' is neither an address nor a host name"),
        ("udpin:::1:14550", "IPv6 without brackets (your input); write udpin:[::1]:14550"),
        ("udpin:[::1:14550", "is not an IPv6 address"),
        ("udpin:[::1]", "no port (your input); write udpin:[::1]:14550"),
        ("serial:", "no serial device"),
        (
            "serial:/dev/ttyUSB0:fast",
            "'fast' is not a baud rate (your input); write serial:/dev/ttyUSB0:57600",
        ),
        ("serial:/dev/ttyUSB0:0", "'0' is not a baud rate"),
        ("tlog:", "no file"),
        ("udpin:127.0.0.1:1?los=0.1", "no option 'los' (your input); did you mean 'loss'?"),
        ("udpin:127.0.0.1:1?xyzzy=1", "no option 'xyzzy' (your input); use one of loss, dup"),
        ("udpin:127.0.0.1:1?loss=20", "loss=20 (your input); loss is 0 to 1"),
        ("udpin:127.0.0.1:1?loss=nan", "loss=nan"),
        ("udpin:127.0.0.1:1?loss", "loss= (your input); loss is 0 to 1"),
        ("udpin:127.0.0.1:1?rate_bps=0", "rate_bps is 1 or more"),
        ("udpin:127.0.0.1:1?seed=1.5", "seed is a whole number"),
        (
            "udpin:127.0.0.1:1?baud=9600",
            "option baud on a udpin link (your input); only serial links",
        ),
        ("udpin:127.0.0.1:1?sign=../../key", "sign without the name of a key"),
    ],
)
def test_a_typo_is_an_error_with_the_right_spelling(text: str, line: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(text)
    assert line in str(caught.value)
    assert str(caught.value).startswith(f"'{text}': ")
    assert caught.value.exit_code == 2


@given(
    st.one_of(
        st.text(max_size=40), st.from_regex(r"(udp|tcp|serial|pty|tlog)(in|out)?:[\[\]a-z0-9:.,/?=&%-]{0,40}")
    )
)
def test_any_text_is_a_link_or_an_error_of_one_line(text: str) -> None:
    try:
        url = parse(text)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert parse(str(url)) == url


def test_the_target_for_the_policy_matches_the_url() -> None:
    assert parse("udp:0.0.0.0:14550").target == NetTarget("0.0.0.0", 14550, "udp", listen=True)
    assert parse("tcp:10.0.0.7:5760").target == NetTarget("10.0.0.7", 5760, "tcp")
    assert parse("COM3").target == LocalTarget("serial", "COM3")
    assert parse("tlog:x.tlog").target == LocalTarget("file", "x.tlog")


@pytest.mark.parametrize(
    "url", ["udpin:0.0.0.0:14550", "udpout:192.168.4.1:14550", "tcp:example.com:5760", "tcpin:[::]:5760"]
)
def test_a_link_is_opened_only_if_the_policy_allows_it(url: str) -> None:
    with pytest.raises(EndpointRefused):
        open_link(url, policy=policy_for(["udpin:127.0.0.1:14550"]), clock=VirtualClock())
    open_link(url, policy=policy_for([url]), clock=VirtualClock())
