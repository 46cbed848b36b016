"""Sealed commands that write copies of photos and logs, take files from a box, or serve the page's Review."""

from __future__ import annotations

import http.cookiejar
import io
import json
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from tests.support.box.process import running_box
from tests.support.cli import landline
from tests.support.logs.logged_flights import START_US, write_flight
from tests.support.seal.commands import running
from tests.support.seal.sealed import skip_where_the_kernel_cannot

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the seal"),
]


@pytest.fixture(autouse=True, scope="module")
def _kernel() -> None:
    skip_where_the_kernel_cannot()


def write_photo(path: Path, utc_s: float) -> None:
    """Write a JPEG with the time of its capture."""
    exif, out = Image.Exif(), io.BytesIO()
    exif.get_ifd(0x8769)[0x9003] = datetime.fromtimestamp(utc_s, UTC).strftime("%Y:%m:%d %H:%M:%S")
    Image.new("RGB", (32, 24)).save(out, "JPEG", exif=exif)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(out.getvalue())


@pytest.mark.slow
def test_photos_and_logs_are_copied_with_and_without_positions_sealed(tmp_path: Path) -> None:
    flight, photos = write_flight(tmp_path / "home" / "flights"), tmp_path / "photos"
    write_photo(photos / "a.jpg", START_US / 1e6 + 10)
    log = tmp_path / "logs" / "flown.tlog"
    log.parent.mkdir()
    log.write_bytes((flight / "frames.tlog").read_bytes())
    out = tmp_path / "new" / "out"
    for words in (
        ("geotag", flight.name, photos, "--offset", "0"),
        ("geotag", log, photos, "--offset", "0", "--out", out),
        ("geotag", log, photos, "--offset", "0", "--sidecar"),
        ("anonymize", log),
        ("anonymize", flight),
        ("anonymize", photos / "geotagged", "--out", out / "clean"),
    ):
        done = landline("logs", *words, "--sealed", home=tmp_path / "home")
        assert done.code == 0, done.err
    for copy in (photos / "geotagged" / "a.jpg", out / "a.jpg"):
        with Image.open(copy) as tagged:
            assert tagged.getexif().get_ifd(0x8825)
    with Image.open(out / "clean" / "a.jpg") as clean:
        assert not clean.getexif().get_ifd(0x8825)
    assert (photos / "a.xmp").stat().st_size > 0
    for folder in (log.parent, flight):
        assert any((folder / "anonymized").iterdir())


@pytest.mark.slow
def test_the_record_of_a_box_is_downloaded_sealed(tmp_path: Path) -> None:
    to = tmp_path / "new" / "box.blocks"
    to.parent.mkdir()
    with running_box(tmp_path) as link:
        words = ("box", "get", "box.blocks", "--to", to.parent, "--link", link, "--sealed", "--json")
        done = landline(*words, home=tmp_path / "home")
    assert (done.code, done.summary["checked"]) == (0, "blocks"), done.err
    assert to.stat().st_size > 0


@pytest.mark.slow
def test_the_page_of_a_sealed_station_reviews_a_flight(tmp_path: Path) -> None:
    flight = write_flight(tmp_path / "flights")
    with running("gcs", "--sim", "quad_x", "--web", "127.0.0.1:0", "--sealed", home=tmp_path) as (_, ready):
        page, _, code = str(ready["web"]).partition("#code=")
        visit = Visit(page.rstrip("/"), code)
        review = visit.call(f"/api/flights/{flight.name}/review")
        assert json.loads(review)["findings"] is not None
        assert b"<gpx" in visit.call(f"/api/flights/{flight.name}/export/gpx")
        assert b"<html" in visit.call(f"/api/flights/{flight.name}/report")


class Visit:
    """A browser's session at a station's page."""

    def __init__(self, page: str, code: str) -> None:
        self._page = page
        self._headers = {"Origin": page}
        self._open = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        ).open
        answer = json.loads(self.call("/api/session", json.dumps({"code": code}).encode()))
        self._headers["X-Landline-Key"] = answer["key"]

    def call(self, path: str, body: bytes | None = None) -> bytes:
        """Return the answer's body; fails for a refused call."""
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        with self._open(urllib.request.Request(self._page + path, body, headers), timeout=120) as answer:
            found: bytes = answer.read()
        return found
