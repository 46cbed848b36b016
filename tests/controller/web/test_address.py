"""Address of the page: loopback by default, another one only where it is written exactly, with a certificate for it."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from contextlib import closing
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from controller.cli.gcs.run import web_address
from controller.errors import UserError
from controller.guard.opener import DirectOpener
from controller.guard.policy import EndpointPolicy, NetTarget
from controller.web.address import PORT, WebAddress, listen, parse_address
from controller.web.tls import VALID_DAYS, certificate_for

NOW_US = 1_780_000_000_000_000
DAY_US = 86_400_000_000


@pytest.mark.parametrize(
    ("text", "host", "port", "outside"),
    [
        ("127.0.0.1:8484", "127.0.0.1", 8484, False),
        ("localhost:0", "127.0.0.1", 0, False),
        ("LOCALHOST:80", "127.0.0.1", 80, False),
        ("[::1]:8484", "::1", 8484, False),
        ("127.9.9.9:1", "127.9.9.9", 1, False),
        ("192.168.1.5:8484", "192.168.1.5", 8484, True),
        ("[fd00::5]:443", "fd00::5", 443, True),
        ("[::ffff:192.168.1.5]:1", "192.168.1.5", 1, True),
    ],
)
def test_an_address_is_parsed(text: str, host: str, port: int, outside: bool) -> None:
    address = parse_address(text)
    assert (address.host, address.port, address.outside) == (host, port, outside)
    assert address.target == NetTarget(host, port, "tcp", listen=True)


@pytest.mark.parametrize(
    "text",
    ["", ":", "8484", ":8484", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8e3",
     "127.0.0.1:²", "::1:8484", "[::1]", "[127.0.0.1]:8484", "0.0.0.0:8484", "[::]:8484", "laptop.local:8484",
     "[fe80::1%eth0]:8484",
     "http://127.0.0.1:8484", "127.1:8484", "0x7f.1:8484", "192.168.1.5/24:8484", "192.168.1.5 :8484"],
)  # fmt: skip
def test_a_wrong_address_is_one_line(text: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_address(text)
    assert "web page" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_default_is_this_machine_alone_and_none_is_no_page() -> None:
    assert web_address("none") is None
    assert web_address(None) == WebAddress("127.0.0.1", PORT)
    assert web_address(None).outside is False  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("address", "port", "origins"),
    [
        (WebAddress("127.0.0.1"), 8484, {"http://127.0.0.1:8484", "http://localhost:8484"}),
        (WebAddress("::1"), 8484, {"http://[::1]:8484", "http://localhost:8484"}),
        (WebAddress("127.0.0.1"), 80, {"http://127.0.0.1", "http://localhost"}),
        (WebAddress("192.168.1.5"), 8484, {"https://192.168.1.5:8484"}),
        (WebAddress("fd00::5"), 443, {"https://[fd00::5]"}),
    ],
)
def test_origins_are_those_that_a_browser_writes(address: WebAddress, port: int, origins: set[str]) -> None:
    assert address.origins(port) == origins
    assert address.url(port).removesuffix("/") in origins


def test_an_outside_listener_is_allowed_by_the_policy_that_names_it_alone() -> None:
    address = parse_address("192.168.1.5:8484")
    assert not EndpointPolicy().allows(address.target)
    named = EndpointPolicy().allowing([address.target])
    assert named.allows(address.target)
    assert not named.allows(NetTarget("192.168.1.5", 8484, "tcp"))
    assert not named.allows(NetTarget("192.168.1.5", 8485, "tcp", listen=True))
    assert not named.allows(NetTarget("0.0.0.0", 8484, "tcp", listen=True))


async def test_a_default_port_in_use_is_replaced_and_a_chosen_one_is_refused() -> None:
    opener = DirectOpener()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with closing(await listen(WebAddress("127.0.0.1", port), opener)) as listener:
            assert listener.address[1] not in (0, port)
        with pytest.raises(UserError, match=rf"127\.0\.0\.1:{port}: cannot serve the web page: "):
            await listen(WebAddress("127.0.0.1", port, chosen=True), opener)


@pytest.mark.parametrize("host", ["192.168.1.5", "fd00::5"])
def test_a_certificate_is_for_its_address_and_kept_for_its_owner(tmp_path: Path, host: str) -> None:
    kept = certificate_for(host, tmp_path, now_utc_us=NOW_US)
    assert kept.path.stat().st_mode & 0o777 == 0o600
    assert kept.path.parent.stat().st_mode & 0o777 == 0o700
    found = x509.load_pem_x509_certificate(kept.path.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address(host)]
    assert found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    key = found.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert (found.not_valid_after_utc - found.not_valid_before_utc).days == VALID_DAYS
    assert isinstance(kept.context(), ssl.SSLContext)
    again = certificate_for(host, tmp_path, now_utc_us=NOW_US + 300 * DAY_US)
    assert again.fingerprint == kept.fingerprint


def test_a_certificate_is_made_anew_when_it_is_old_damaged_or_of_another_address(tmp_path: Path) -> None:
    first = certificate_for("192.168.1.5", tmp_path, now_utc_us=NOW_US)
    late = certificate_for("192.168.1.5", tmp_path, now_utc_us=NOW_US + (VALID_DAYS - 20) * DAY_US)
    assert late.fingerprint != first.fingerprint
    late.path.write_bytes(late.path.read_bytes()[:300])
    whole = certificate_for("192.168.1.5", tmp_path, now_utc_us=NOW_US)
    assert whole.fingerprint not in (first.fingerprint, late.fingerprint)
    other = certificate_for("192.168.1.6", tmp_path, now_utc_us=NOW_US)
    whole.path.write_bytes(other.path.read_bytes())
    mended = certificate_for("192.168.1.5", tmp_path, now_utc_us=NOW_US)
    assert mended.fingerprint != other.fingerprint
    assert len(list(first.path.parent.iterdir())) == 2


def test_a_key_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    kept = certificate_for("192.168.1.5", tmp_path, now_utc_us=NOW_US)
    kept.path.chmod(0o644)
    certificate_for("192.168.1.5", tmp_path, now_utc_us=NOW_US)
    assert kept.path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "web").write_text("a file")
    with pytest.raises(UserError, match="cannot keep the certificate of the web page"):
        certificate_for("192.168.1.5", tmp_path, now_utc_us=NOW_US)
