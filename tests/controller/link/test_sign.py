"""Signing on a link: only frames signed with the key are accepted."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.errors import UserError
from controller.link.memory import MemoryLink, memory_pair
from controller.link.open import open_link, policy_for
from controller.link.sign import KeyFile, SignedLink
from controller.link.url import parse
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.frame import Frame
from controller.wire.framer import Framer
from controller.wire.signing import Signer
from hil.sim.clock import EPOCH_UTC_US, VirtualClock

KEY = bytes(range(32))
SOURCE = address(1, 1)


def key_file(folder: Path, name: str = "field", content: bytes = KEY) -> KeyFile:
    (folder / f"{name}.key").write_bytes(content)
    return KeyFile(folder, name)


def signed(link: MemoryLink, key: KeyFile, link_id: int) -> SignedLink:
    return SignedLink(link, key, link_id=link_id, clock=VirtualClock())


async def frames_of(link: MemoryLink | SignedLink) -> list[Frame]:
    return Framer().feed(await link.read())


async def test_two_ends_with_the_same_key_exchange_frames(tmp_path: Path) -> None:
    near, far = memory_pair()
    key = key_file(tmp_path)
    ground, aircraft = signed(near, key, 1), signed(far, key, 2)
    encoder = Encoder(SOURCE)
    raw = encoder.pack(m.HEARTBEAT(type=2, custom_mode=5))
    await aircraft.write(raw[:7])
    await aircraft.write(raw[7:] + encoder.pack(m.ATTITUDE(roll=1)))
    first, second = await frames_of(ground), await frames_of(ground)
    assert [frame.name for frame in first + second] == ["HEARTBEAT", "ATTITUDE"]
    assert all(frame.signed for frame in first + second)
    assert (first[0].message(), first[0].seq, first[0].source) == (
        m.HEARTBEAT(type=2, custom_mode=5),
        0,
        SOURCE,
    )
    await ground.write(raw)
    assert (await frames_of(aircraft))[0].signed


async def test_unsigned_forged_and_replayed_frames_are_refused_except_radio_status(tmp_path: Path) -> None:
    near, far = memory_pair()
    ground = signed(near, key_file(tmp_path), 1)
    forger = Encoder(SOURCE, signer=Signer(bytes(32), link_id=1, utc_us=lambda: EPOCH_UTC_US))
    friend = Encoder(SOURCE, signer=Signer(KEY, link_id=2, utc_us=lambda: EPOCH_UTC_US))
    good = friend.pack(m.ATTITUDE(roll=1))
    for raw in (Encoder(SOURCE).pack(m.HEARTBEAT()), forger.pack(m.HEARTBEAT()), good, good):
        await far.write(raw)
    await far.write(Encoder(SOURCE).pack(m.RADIO_STATUS(rssi=100)))
    assert [(await frames_of(ground))[0].name for _ in range(2)] == ["ATTITUDE", "RADIO_STATUS"]
    assert ground.refused == 3


async def test_a_frame_signed_with_another_key_is_signed_again(tmp_path: Path) -> None:
    near, far = memory_pair()
    key = key_file(tmp_path)
    other = Encoder(SOURCE, signer=Signer(bytes(32), link_id=1, utc_us=lambda: EPOCH_UTC_US))
    await signed(far, key, 2).write(other.pack(m.HEARTBEAT(type=2)))
    assert (await frames_of(signed(near, key, 1)))[0].message() == m.HEARTBEAT(type=2)


async def test_frames_that_cannot_be_signed_are_sent_unsigned_and_counted(tmp_path: Path) -> None:
    near, far = memory_pair()
    link = signed(near, key_file(tmp_path), 1)
    raw = Encoder(SOURCE, version=1).pack(m.HEARTBEAT(type=2))
    await link.write(raw)
    assert await far.read() == raw
    assert link.unsigned == 1


async def test_a_clock_set_back_between_two_runs_makes_no_frame_a_replay(tmp_path: Path) -> None:
    near, _ = memory_pair()
    first = signed(near, key_file(tmp_path), 1)
    await asyncio.sleep(3600)
    async with first:
        await first.write(Encoder(SOURCE).pack(m.HEARTBEAT()))
        newest = first._signer.last_ticks
    again = SignedLink(memory_pair()[0], KeyFile(tmp_path, "field"), link_id=1, clock=VirtualClock(0))
    await again.write(Encoder(SOURCE).pack(m.HEARTBEAT()))
    assert again._signer.last_ticks > newest


def test_a_key_is_bytes_or_hexadecimal_digits(tmp_path: Path) -> None:
    assert key_file(tmp_path, content=KEY).key == KEY
    assert key_file(tmp_path, content=KEY.hex().encode() + b"\n").key == KEY
    with pytest.raises(UserError, match=r"field\.key: invalid signing key \(your input\); a key is 32 bytes"):
        key_file(tmp_path, content=b"secret")


def test_a_url_with_a_missing_key_is_an_error_with_the_available_keys(tmp_path: Path) -> None:
    key_file(tmp_path, "spare")
    url = "udpin:127.0.0.1:14550?sign={}&loss=0.1"
    opened = open_link(url.format("spare"), policy=policy_for([]), clock=VirtualClock(), keys=tmp_path)
    assert isinstance(opened, SignedLink)
    with pytest.raises(
        UserError, match=r"cannot read signing key 'field': No such file.*available keys: spare"
    ):
        open_link(url.format("field"), policy=policy_for([]), clock=VirtualClock(), keys=tmp_path)


async def test_with_up_only_sent_frames_are_signed_and_received_ones_not_verified(
    tmp_path: Path,
) -> None:
    near, far = memory_pair()
    ground = SignedLink(near, key_file(tmp_path), link_id=1, clock=VirtualClock(), up_only=True)
    await far.write(Encoder(SOURCE).pack(m.HEARTBEAT(type=2)))
    assert not (await frames_of(ground))[0].signed
    await ground.write(Encoder(SOURCE).pack(m.HEARTBEAT(type=6)))
    assert (await frames_of(far))[0].signed


def test_sign_up_is_a_link_option() -> None:
    url = parse("serial:/dev/ttyACM0:115200?sign_up=box")
    assert (url.sign, url.sign_up) == ("box", True)
    assert parse(str(url)) == url
    assert not parse("serial:/dev/ttyACM0:115200?sign=box").sign_up
