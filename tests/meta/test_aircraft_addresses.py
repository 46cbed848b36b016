"""Addresses that an aircraft supplies (metadata, camera definitions, video, images) are never fetched from outside.

One place reads such an address to load it, `controller/vehicle/metadata/files.py`; it loads `mftp://`, over the link,
and nothing else. Another one, `named_addresses.py`, reads them as text for the operator. No code of Landline can speak
HTTP as a client, and the page loads only from the server it came from.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source_tree import ROOT, imported, modules, parsed, tracked_files

UI = ROOT / "controller" / "web" / "ui" / "src"
ROOMS = ("landline", "controller", "hil", "firmware")
READERS = {"controller/vehicle/metadata/files.py", "controller/vehicle/metadata/named_addresses.py"}
# Python's clients of protocols that fetch; a package that does the same would have to be in setup.cfg first.
CLIENTS = {
    *(
        "urllib.request",
        "http.client",
        "ftplib",
        "smtplib",
        "poplib",
        "imaplib",
        "xmlrpc.client",
        "webbrowser",
    ),
    *("requests", "httpx", "aiohttp", "urllib3", "websockets.client", "websockets.sync"),
}


def address_fields() -> set[str]:
    """Names of the fields of MAVLink's messages that hold an address."""
    table = json.loads((ROOT / "controller/wire/table.json").read_text("utf-8"))
    names = {field[0] for message in table["messages"].values() for field in message["fields"]}
    return {name for name in names if re.search(r"(^|_)(uri|url)$", name)}


def reads(path: Path, fields: set[str]) -> Iterator[str]:
    """Fields that a file reads as attribute, or names in a text."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr in fields:
            yield node.attr
        elif isinstance(node, ast.Constant) and node.value in fields:
            yield node.value


def test_the_messages_with_an_address_are_known() -> None:
    assert address_fields() == {
        *("uri", "general_metadata_uri", "peripherals_metadata_uri", "cam_definition_uri", "file_url"),
    }


def test_two_files_alone_read_an_address_of_an_aircraft() -> None:
    fields = address_fields()
    found = {
        path.relative_to(ROOT).as_posix()
        for room in ("landline", "controller")
        for path in modules(room)
        if path.name != "messages.py" and any(reads(path, fields))
    }
    assert found == READERS, "an aircraft's address is text: show it, or load mftp:// by read_metadata"


def test_no_code_imports_a_client_that_could_fetch_an_address() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for room in ROOMS
        for path in modules(room)
        for name in imported(path)
        if any(name == client or name.startswith(f"{client}.") for client in CLIENTS)
    ]
    assert wrong == []


def page_sources() -> Iterator[tuple[str, str]]:
    for path in tracked_files():
        if path.is_relative_to(UI.relative_to(ROOT)) and path.suffix in (".ts", ".svelte"):
            yield path.relative_to(UI.relative_to(ROOT)).as_posix(), (ROOT / path).read_text("utf-8")


# What each request of the page asks for. The names are paths of the station's own API, built by the callers.
REQUESTS = {
    ("lib/api.ts", "path"),
    ("lib/session.svelte.ts", '"/api/session"'),
    ("map/tiles.ts", "`/maps/${path}`"),
    ("plan/calls.ts", "`/api/plans/save?name=${encodeURIComponent(name)}`"),
    ("review/calls.ts", "address"),
}


def test_each_request_of_the_page_asks_its_own_server() -> None:
    found = {
        (name, argument)
        for name, text in page_sources()
        # Not the functions of the page that have this name too.
        for argument in re.findall(r"(?<!this\.)(?<!async )\bfetch\(\s*(`[^`]*`|\"[^\"]*\"|\w+)", text)
    }
    assert found == REQUESTS, (
        "a request of the page goes to a path of its own server, never to an address from data"
    )


def test_each_link_and_picture_of_the_page_is_its_own() -> None:
    found = [
        value
        for _, text in page_sources()
        for value in re.findall(r"\b(?:href|src|srcset|poster)=(\"[^\"]*|\{.*?\}[\s/>])", text)
    ]
    assert len(found) >= 5
    assert [one for one in found if not one.startswith(('"#/', "{path(name, "))] == []


@pytest.mark.parametrize(
    "way",
    [
        *(
            r"\{@html",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            r"window\.open",
            r"location\.(assign|replace)",
        ),
        *(r"location\.href\s*=", "EventSource", "sendBeacon", "importScripts", r"serviceWorker\.register"),
        *(
            "RTCPeerConnection",
            "<iframe",
            "<video",
            r"<object[\s>]+data",
            "<embed",
            "<form[^>]*action",
            r"document\.write",
        ),
    ],
)
def test_the_page_uses_no_other_way_to_load_or_open_an_address(way: str) -> None:
    assert [name for name, text in page_sources() if re.search(way, text)] == []


def test_each_socket_of_the_page_goes_to_the_host_it_came_from() -> None:
    found = [argument for _, text in page_sources() for argument in re.findall(r"new WebSocket\((\S+)", text)]
    assert found == ["`${scheme}://${location.host}/live?page=${PAGE_ID}`,"]


def test_the_file_that_tells_the_addresses_cannot_open_one() -> None:
    file = ROOT / "controller/vehicle/metadata/named_addresses.py"
    allowed = (
        "__future__",
        "collections.abc",
        "dataclasses",
        "typing",
        "controller.wire",
        "controller.watchers",
    )
    outside = [name for name in imported(file) if not name.startswith((*allowed, "controller.protocol"))]
    assert outside == []
