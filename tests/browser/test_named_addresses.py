"""An address that an aircraft names is text on the page: no link, and nothing that the browser loads or looks up."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.codec import Encoder
from tests.support.browser import WITHIN_MS, WITHOUT_MAP, Requests, open_page, running_station

pytestmark = [pytest.mark.browser, pytest.mark.slow]
VIDEO = "rtsp://192.0.2.1:8554/live"
CAMERA = 'https://192.0.2.1/"><img src=x>.xml'
INTERVAL_S = 0.3


@contextmanager
def aircraft_at(port: int) -> Iterator[None]:
    """An aircraft with a camera, which names addresses again and again."""
    ended = threading.Event()

    def send() -> None:
        autopilot, camera = Encoder(Address(1, 1)), Encoder(Address(1, 100))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", port))
            while not ended.wait(INTERVAL_S):
                sock.send(autopilot.pack(m.HEARTBEAT(type=2, autopilot=3, system_status=3)))
                sock.send(camera.pack(m.VIDEO_STREAM_INFORMATION(stream_id=1, uri=VIDEO)))
                sock.send(camera.pack(m.CAMERA_INFORMATION(cam_definition_uri=CAMERA)))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_an_address_of_the_aircraft_is_text_and_is_not_loaded(tmp_path: Path, browser: Any) -> None:
    requests = Requests()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        running_station(tmp_path, f"--link=udpin:127.0.0.1:{port}", sim=None) as station,
        aircraft_at(port),
        open_page(browser, station.url, requests, before=WITHOUT_MAP) as page,
    ):
        for text in (
            f"{VIDEO}: named by the aircraft (VIDEO_STREAM_INFORMATION.uri); not opened",
            f"{CAMERA}: named by the aircraft (CAMERA_INFORMATION.cam_definition_uri); not opened",
        ):
            shown = page.get_by_role("region", name="Messages").get_by_text(text)
            shown.wait_for(timeout=WITHIN_MS)
            assert shown.evaluate("one => one.closest('a, button') === null && one.children.length === 0")
        for name in ("href", "src", "style", "action"):
            assert page.locator(f"[{name}*='192.0.2.1']").count() == 0
    assert requests.outside(station.url) == []
    assert requests.errors == []
    (record,) = (tmp_path / "flights").glob("*/events.jsonl")
    told = [
        line["text"]
        for line in map(json.loads, record.read_text().splitlines())
        if line.get("name") == "address"
    ]
    assert sorted(line.partition(": named")[0] for line in told) == sorted((VIDEO, CAMERA))
