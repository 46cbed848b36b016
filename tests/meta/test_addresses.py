"""What is shipped holds no address outside the machine, except those that `addresses.toml` lists with a reason.

It reads the code of the packages, the built page and the documentation. It cannot see an address that a program puts
together from parts, nor one in another package: the seal stops both.
"""

from __future__ import annotations

import lzma
import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from controller.web.build import is_current
from tests.support.source_tree import ROOT, tracked_files
from tests.support.supply.outside_addresses import outside_hosts

ROOMS = {"landline", "controller", "hil", "firmware", "docs", "README.md", "CHANGELOG.md", "examples"}
STATIC = ROOT / "controller" / "web" / "static"
PICTURES = {".png", ".jpg", ".jpeg", ".ico", ".woff2"}
LISTED: list[dict[str, Any]] = tomllib.loads((ROOT / "tests/meta/addresses.toml").read_text("utf-8"))[
    "address"
]


def text_of(path: Path) -> str:
    data = path.read_bytes()
    return (lzma.decompress(data) if path.suffix == ".xz" else data).decode("utf-8", "replace")


def shipped_files() -> Iterator[Path]:
    for path in tracked_files():
        if path.parts[0] in ROOMS and path.suffix not in PICTURES:
            yield path


def page_files() -> list[Path]:
    # The copies packed with gzip have the same content.
    return [path.relative_to(ROOT) for path in STATIC.rglob("*") if path.is_file() and path.suffix != ".gz"]


def found_in(paths: Iterable[Path]) -> list[tuple[str, str, str]]:
    """Host, file and the text around it, of each address."""
    return [
        (host, path.as_posix(), around)
        for path in paths
        for host, around in outside_hosts(text_of(ROOT / path))
    ]


def covers(entry: dict[str, Any], host: str, path: str) -> bool:
    return fnmatch(host, entry["host"]) and any(fnmatch(path, pattern) for pattern in entry["where"])


def unlisted(found: Iterable[tuple[str, str, str]]) -> list[str]:
    return [
        f"{path}: {host}: {around!r}"
        for host, path, around in found
        if not any(covers(entry, host, path) for entry in LISTED)
    ]


def test_the_shipped_code_and_documentation_hold_no_other_address() -> None:
    assert unlisted(found_in(shipped_files())) == [], (
        "take it out, or list it with its reason in addresses.toml"
    )


def test_the_built_page_holds_no_other_address() -> None:
    files = page_files()
    if not (STATIC / "index.html").is_file():
        pytest.skip("the page is not built: make web")
    assert any(path.suffix == ".js" for path in files)
    assert unlisted(found_in(files)) == [], "take it out, or list it with its reason in addresses.toml"


def test_every_entry_of_the_list_has_a_reason_and_is_needed() -> None:
    found = found_in([*shipped_files(), *page_files()])
    is_built = is_current()  # an older page has other strings
    for entry in LISTED:
        assert entry.keys() == {"host", "where", "reason"}
        assert len(entry["reason"]) > 10, entry
        for pattern in entry["where"]:
            if is_built or not pattern.startswith("controller/web/static/"):
                one = {**entry, "where": [pattern]}
                assert any(covers(one, host, path) for host, path, _ in found), (entry["host"], pattern)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("fetch('https://maps.example.org/1/2/3.png')", "maps.example.org"),
        ('url = "WSS://Live.Example.org:443/x"', "live.example.org"),
        ("mqtt://broker/topic", "broker"),
        ("http://user:secret@host.example.org/", "host.example.org"),
        ('"http:\\/\\/escaped.example.org"', "escaped.example.org"),
        ("http://[2001:db8::1]:80/", "2001:db8::1"),
        ('<img src="//cdn.example.org/x.png">', "cdn.example.org"),
        ("url(//fonts.example.org/a.woff)", "fonts.example.org"),
        ('connect(("192.0.2.7", 14550))', "192.0.2.7"),
        ('HOST = "2001:db8::7"', "2001:db8::7"),
        ('HOST = "telemetry.example.com"', "telemetry.example.com"),
        ("udpout:203.0.113.9:14550", "203.0.113.9"),
    ],
)
def test_an_address_in_any_of_these_forms_is_found(text: str, host: str) -> None:
    assert host in {found for found, _ in outside_hosts(text)}


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8484/",
        "http://localhost/",
        'bind(("0.0.0.0", 80))',
        'HOST = "::1"',
        "mftp://etc/extras/file.json",
        "version 1.2.3",
        "parts[::2]",
        "file:///tmp/x",
        "300.1.2.3",
    ],
)
def test_an_address_on_this_machine_is_none(text: str) -> None:
    assert list(outside_hosts(text)) == []
