"""Texts of the page: both languages complete, with the same values in them, and no key that the page does not use."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from tests.support.source_tree import ROOT, tracked_files

UI = ROOT / "controller" / "web" / "ui" / "src"
# Words that are the same in both languages, beside abbreviations; each other text is translated.
SAME = set(
    """
    Auto Autopilot Details Export Filter Firmware fixed float Format Gamepad GeoTIFF Gimbal Home Index Joystick
    Landline Link Manual MBTiles Mission Modus Name Parameter Pilot Plan PMTiles Position QGroundControl Radius
    Relief Software Start Status System Test Text Version Video Wind
    """.split()  # noqa: SIM905 - to be added to
)


@cache
def texts(language: str) -> dict[str, str]:
    """Return the texts of a language by key. Fails for a key that stands twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        assert sorted({key for key in keys if keys.count(key) > 1}) == []
        return dict(pairs)

    found: dict[str, str] = json.loads(
        (UI / "lang" / f"{language}.json").read_text(encoding="utf-8"), object_pairs_hook=once
    )
    return found


def test_both_languages_have_the_same_keys_in_order() -> None:
    assert list(texts("en")) == list(texts("de"))
    assert list(texts("en")) == sorted(texts("en"))


def test_a_translation_names_the_same_values() -> None:
    def values(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    assert [key for key, text in texts("en").items() if values(text) != values(texts("de")[key])] == []


def test_no_text_is_left_in_english() -> None:
    left = [
        f"{key}: {text}"
        for key, text in texts("en").items()
        if text == texts("de")[key]
        and set(re.findall(r"[A-Za-z]*[a-z]{3,}[A-Za-z]*", re.sub(r"\{\w+\}", "", text))) - SAME
    ]
    assert left == [], "translate it, or add a word that is the same in both languages to SAME"


def test_no_text_is_empty() -> None:
    assert [
        f"{name}: {key}" for name in ("en", "de") for key, text in texts(name).items() if not text.strip()
    ] == []


def test_every_key_is_used() -> None:
    sources = "\n".join(
        (ROOT / path).read_text(encoding="utf-8")
        for path in tracked_files()
        if path.is_relative_to("controller/web/ui/src") and path.suffix in (".svelte", ".ts")
    )
    # A key that is put together starts with a part that the page names: t(`view.${name}`).
    starts = tuple(re.findall(r"`([\w.-]+\.)\$\{", sources))
    unused = [key for key in texts("en") if f'"{key}"' not in sources and not key.startswith(starts)]
    assert unused == []
