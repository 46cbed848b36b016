"""Rights of Landlock by the version of its interface."""

from __future__ import annotations

import struct

import pytest

from controller.guard.seal import landlock

READING = 1 << 0 | 1 << 2 | 1 << 3


@pytest.mark.parametrize(
    ("version", "handled", "length"),
    [
        (1, 0x1FF2, 8),
        (2, 0x3FF2, 8),
        (3, 0x7FF2, 8),
        (4, 0x7FF2, 16),
        (5, 0xFFF2, 16),
        (6, 0xFFF2, 24),
        (9, 0xFFF2, 24),
    ],
)
def test_each_version_refuses_all_writing_that_it_knows(version: int, handled: int, length: int) -> None:
    assert landlock.handled_rights(version) == handled
    attributes = landlock.ruleset(version)
    assert len(attributes) == length
    assert struct.unpack_from("Q", attributes)[0] == handled
    if length == 24:
        assert struct.unpack("QQQ", attributes)[1:] == (0, 3)


@pytest.mark.parametrize("version", range(1, 10))
def test_folders_get_no_devices_and_files_no_rights_of_folders(version: int) -> None:
    folder, device = landlock.folder_rights(version), landlock.device_rights(version)
    assert not (folder | device) & READING
    assert not folder & (landlock.MAKE_CHAR | landlock.MAKE_BLOCK | landlock.MAKE_SOCK | landlock.IOCTL_DEV)
    assert device & ~(landlock.WRITE_FILE | landlock.TRUNCATE | landlock.IOCTL_DEV) == 0
    assert (folder | device) & ~landlock.handled_rights(version) == 0
