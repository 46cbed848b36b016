"""`landline logs merge-box` from a card, then every command that reads the flight."""

from __future__ import annotations

from pathlib import Path

from controller.logs.record.chain import ChainWriter
from controller.logs.record.keys import load_key
from tests.support.box.records import box_record, flight_folder, gap_flight, without
from tests.support.cli import landline_here
from tests.support.logs.logged_flights import START_US, flight_frames


def chained(folder: Path, keys: Path) -> Path:
    """Chain and sign the record, as a recorder does."""
    chain = ChainWriter(
        folder, flight=folder.name, key=load_key(keys), keys_folder=keys, utc_us=START_US, durable=False
    )
    for name in ("frames.tlog", "events.jsonl"):
        chain.add_bytes(name, (folder / name).read_bytes(), frames=1)
    chain.close(START_US + 60_000_000)
    return folder


def test_a_gap_is_merged_from_a_card_verified_and_mentioned_by_all_readers(tmp_path: Path) -> None:
    folder, _, _ = gap_flight(tmp_path)
    chained(folder, tmp_path / "keys")
    card = tmp_path / "card"
    card.mkdir()
    (tmp_path / "card.blocks").rename(card / "box.rec")
    (card / "config.json").write_text("{}")
    before = (folder / "frames.tlog").read_bytes()
    merged = landline_here("logs", "merge-box", folder, "--from", card, home=tmp_path)
    assert (merged.code, merged.err) == (0, "")
    assert "120 missing frames merged from the box" in merged.out
    assert "gap of 16.0 s: 120 frames" in merged.out
    assert "laptop +3.217 s to the box; 361 common frames, 19 of 20 within 0.000 s" in merged.out
    assert (folder / "frames.tlog").read_bytes() == before
    verified = landline_here("logs", "verify", folder, home=tmp_path)
    assert verified.code == 0
    assert "120 merged frames match the box's record" in verified.out
    line = "120 frames come from the ground box (box.fill.json): 120 in a gap of 16.0 s"
    for command in (["decode", folder / "frames.tlog"], ["show", folder], ["review", folder]):
        assert line in landline_here("logs", *command, home=tmp_path).err
    again = landline_here("logs", "merge-box", folder, "--from", folder, "--json", home=tmp_path)
    assert (again.code, again.summary["filled"]) == (0, 120)
    raw = bytearray((folder / "box.fill.tlog").read_bytes())
    raw[40] ^= 1
    (folder / "box.fill.tlog").write_bytes(raw)
    changed = landline_here("logs", "verify", folder, home=tmp_path)
    assert (changed.code, "box.fill.tlog was changed after the merge" in changed.err) == (6, True)


def test_a_refused_merge_is_one_line_and_leaves_the_flight_unchanged(tmp_path: Path) -> None:
    whole = flight_frames(seconds=20)
    folder = flight_folder(tmp_path / "flights", without(whole, lambda at_s: at_s < 15))
    (tmp_path / "empty").mkdir()
    none = landline_here("logs", "merge-box", folder, "--from", tmp_path / "empty", home=tmp_path)
    assert (none.code, "cannot find a box record" in none.err) == (2, True)
    nowhere = landline_here("logs", "merge-box", folder, "--from", tmp_path / "no", home=tmp_path)
    assert (nowhere.code, "not a file, a folder or a link" in nowhere.err) == (2, True)
    box_record(tmp_path / "card.blocks", whole)
    raw = bytearray((tmp_path / "card.blocks").read_bytes())
    raw[5000] ^= 1
    (tmp_path / "card.blocks").write_bytes(raw)
    damaged = landline_here("logs", "merge-box", folder, "--from", tmp_path / "card.blocks", home=tmp_path)
    assert (damaged.code, "block 1 was changed" in damaged.err) == (6, True)
    assert sorted(path.name for path in folder.iterdir()) == ["events.jsonl", "frames.tlog"]
