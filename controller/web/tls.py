"""Certificate of the web page for other devices, made and kept on this machine.

* The key is ECDSA over P-256: browsers accept no Ed25519 certificate, and RSA keys of the same strength are larger.
* The certificate is for one numeric address and is no authority: a stolen key signs no certificate of another name.
* It is valid for 397 days, which also those browsers accept that limit the life of certificates, and is made anew in
  its last 30 days. Its fingerprint, which a device remembers, then changes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from controller.errors import UserError
from controller.guard.policy import parse_ip

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

FOLDER = "web"
VALID_DAYS, RENEWED_DAYS = 397, 30
# Clocks of tablets without network time are late.
_EARLIER = timedelta(days=1)


class ServedCertificate:
    """A certificate with its key in one file. `fingerprint` is the SHA-256 of the certificate, as browsers show it."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path = path
        self.fingerprint = fingerprint

    def context(self) -> ssl.SSLContext:
        """Return the TLS settings of a server with this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.path)
        context.set_alpn_protocols(["http/1.1"])
        return context


def certificate_for(host: str, folder: Path, *, now_utc_us: int) -> ServedCertificate:
    """Return the certificate of a numeric address, kept in the data folder `folder`; make one where none is good.

    Raises UserError.
    """
    path = folder / FOLDER / f"{host.replace(':', '-')}.pem"
    now = datetime.fromtimestamp(now_utc_us / 1e6, UTC)
    try:
        pem = path.read_bytes() if path.exists() else b""
        if pem:
            path.chmod(0o600)
        if not _is_good(pem, host, now):
            pem = _make(host, now)
            _write(path, pem)
    except OSError as error:
        raise UserError(
            f"cannot keep the certificate of the web page: {error.strerror or error}",
            where=str(path),
            hint="set LANDLINE_HOME to a folder that can be written",
        ) from None
    return ServedCertificate(path, _fingerprint(pem))


def _is_good(pem: bytes, host: str, now: datetime) -> bool:
    """Whether a kept file has a key and a certificate for this address, valid for some time yet."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = load_pem_private_key(pem, None)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, x509.ExtensionNotFound):
        return False
    return (
        parse_ip(host) in names.get_values_for_type(x509.IPAddress)
        and certificate.not_valid_before_utc <= now
        and now < certificate.not_valid_after_utc - timedelta(days=RENEWED_DAYS)
        and key.public_key() == certificate.public_key()
    )


def _make(host: str, now: datetime) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    address = parse_ip(host)
    assert address is not None
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Landline at {host}")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate: Certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now - _EARLIER + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(address)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, pem: bytes) -> None:
    """Write the file whole or not at all, and never readable by others."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent)  # made with mode 600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _fingerprint(pem: bytes) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    digest = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, 64, 2))
