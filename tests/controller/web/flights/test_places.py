"""A name in an address never leads out of the flights folder; nothing is written into a record."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.errors import UserError
from controller.web.flights.places import Places

NAME = "20260517T093012Z-copter"


@pytest.fixture
def flights(tmp_path: Path) -> Path:
    folder = tmp_path / "flights" / NAME
    folder.mkdir(parents=True)
    (folder / "frames.tlog").write_bytes(b"frames")
    return folder.parent


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../flights", "/etc", NAME + "/..", ".hidden", "a\0b", "x" * 300, "nothing", "~"]
)
def test_a_wrong_name_is_refused_in_one_line(flights: Path, name: str) -> None:
    with pytest.raises(UserError, match="cannot find the flight"):
        Places(flights, "running").source(name)


def test_a_link_to_a_place_outside_is_refused(flights: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "frames.tlog").write_bytes(b"secret")
    (flights / "linked").symlink_to(outside)
    inner = flights / "inner"
    inner.mkdir()
    (inner / "frames.tlog").symlink_to(outside / "frames.tlog")
    for name in ("linked", "inner"):
        with pytest.raises(UserError, match="link to a place outside"):
            Places(flights, "running").source(name)


def test_the_running_flight_is_a_copy_of_the_moment(flights: Path) -> None:
    places = Places(flights, NAME)
    source = places.source(NAME)
    (flights / NAME / "frames.tlog").write_bytes(b"more frames")
    assert source.folder != flights / NAME
    assert places.source(NAME).log.read_bytes() == b"frames"
    places.refresh_snapshot(NAME)
    assert places.source(NAME).log.read_bytes() == b"more frames"
    places.close()
    assert not source.folder.exists()


def test_a_log_is_read_where_it_is_and_its_folder_stays_as_it_was(flights: Path, tmp_path: Path) -> None:
    log = tmp_path / "photos of May" / "00000012.tlog"
    log.parent.mkdir()
    log.write_bytes(b"frames")
    places = Places(flights, "running")
    source = places.source(places.open_path(str(log)))
    assert (source.name, source.single, source.log.resolve()) == ("00000012.tlog", True, log.resolve())
    assert not source.cache.is_relative_to(log.parent)
    assert [path.name for path in log.parent.iterdir()] == ["00000012.tlog"]
    places.close()
    assert log.read_bytes() == b"frames"


@pytest.mark.parametrize("path", ["frames.tlog", "/nowhere/a.tlog", "/dev/zero", "/dev/null", "/", "a\0"])
def test_a_path_without_a_log_is_refused_in_one_line(flights: Path, path: str) -> None:
    with pytest.raises(UserError, match="cannot open"):
        Places(flights, "running").open_path(path)


def test_a_file_that_is_no_log_is_refused_and_removed(flights: Path) -> None:
    places = Places(flights, "running")
    path = places.new_upload("holiday.png")
    path.write_bytes(b"\x89PNG")
    with pytest.raises(UserError, match=r"cannot open 'holiday.png': it is no flight log"):
        places.opened("holiday.png", path)
    assert not path.parent.exists()
    places.close()
