"""Colours of the page by their meaning: WCAG AA contrast in each theme, and no colour or size outside the tokens."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.support.source_tree import ROOT, tracked_files

UI = ROOT / "controller" / "web" / "ui" / "src"
THEMES = ("light", "dark", "sunlight")
TEXT, LARGE_OR_GRAPHICS = 4.5, 3.0

SURFACES = ("page", "panel", "panel-raised")
READABLE_ON_SURFACES = ("text", "text-quiet", "accent", "good", "caution", "danger", "armed", "stale")
FILLS = [
    ("on-accent", "accent"),
    ("on-caution", "caution-fill"),
    ("on-danger", "danger"),
    ("on-armed", "armed"),
    ("on-replay", "replay"),
]
ON_STALE = [(name, "stale-fill") for name in ("text", "text-quiet", "stale", "danger")]
DRAWN = [
    (name, ground) for name in ("track", "mission", "fence", "rally") for ground in ("map-land", "map-water")
]
# Lines of plots stand on panels, those of a replayed track on an outline in the panel's colour.
LINES = [(f"series-{number}", "panel") for number in range(1, 7)]
LINES += [(f"scale-{number}", "panel") for number in range(1, 6)]
MARKS = [("accent", surface) for surface in SURFACES]

PAIRS = [
    *((name, surface, TEXT) for surface in SURFACES for name in READABLE_ON_SURFACES),
    *((name, fill, TEXT) for name, fill in FILLS + ON_STALE),
    *((name, ground, LARGE_OR_GRAPHICS) for name, ground in DRAWN + MARKS + LINES),
]


@cache
def tokens(theme: str) -> dict[str, str]:
    """Return the colours of a theme by name."""
    css = re.sub(r"/\*.*?\*/", "", (UI / "tokens.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    found: dict[str, str] = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        if f'data-theme="{theme}"' in selectors:
            found |= dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{6})\s*;", body))
    return found


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2 of a colour as #rrggbb."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_known_colours() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_sets_the_same_colours(theme: str) -> None:
    assert tokens(theme).keys() == tokens("light").keys()
    assert {name for pair in PAIRS for name in pair[:2]} <= tokens(theme).keys()


@pytest.mark.parametrize("theme", THEMES)
def test_contrast_of_each_theme_reaches_wcag_aa(theme: str) -> None:
    colours = tokens(theme)
    weak = [
        f"--{name} on --{ground}: {ratio:.2f}, needs {least}"
        for name, ground, least in PAIRS
        if (ratio := contrast(colours[name], colours[ground])) < least
    ]
    assert weak == []


@pytest.mark.parametrize("theme", ["sunlight"])
def test_text_in_sunlight_reaches_seven_to_one(theme: str) -> None:
    colours = tokens(theme)
    weak = [
        f"--{name} on --{surface}: {ratio:.2f}"
        for surface in SURFACES
        for name in READABLE_ON_SURFACES
        if (ratio := contrast(colours[name], colours[surface])) < 7
    ]
    assert weak == []


def test_no_colour_is_written_outside_the_tokens() -> None:
    literal = re.compile(r"(?<![\w&/])#[0-9a-fA-F]{3,8}\b(?![\w-])|\brgba?\(|\bhsla?\(|\boklch\(")
    found = []
    for path in tracked_files():
        inside = path.as_posix().removeprefix("controller/web/ui/src/")
        if (
            inside == path.as_posix()
            or inside == "tokens.css"
            or path.suffix not in (".css", ".svelte", ".ts")
        ):
            continue
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        found += [
            f"{inside}:{number}: {line.strip()[:80]}"
            for number, line in enumerate(lines, 1)
            if literal.search(line)
        ]
    assert found == []
