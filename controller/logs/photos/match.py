"""Which photo is which picture of the log, when the camera's clock is off by an unknown amount.

The offset that most photos and pictures agree on is looked for (each pair votes for its difference), then made
exact by the median of what remains, and photos and pictures are joined in order, each at most once. How sure that
is follows from how many photos found a picture, and from how much worse the next best offset fits: evenly spaced
pictures fit nearly as well one later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Confidence = Literal["high", "medium", "low"]
# Cameras write whole seconds unless they write sub-seconds; triggering and writing take some tenths.
TOLERANCE_S = 1.2
_BIN_S = 0.5
_VOTERS = 400
# How the best up to a photo and a picture came about: without that photo, without that picture, or with both as a
# pair.
_NO_PHOTO, _NO_PICTURE, _PAIR = range(3)


@dataclass(frozen=True, slots=True)
class PhotoMatch:
    """`pairs` are (photo, picture) by number; `offset_s` is what has to be added to the camera's times;
    `rival_share` how many pairs the next best offset makes, as a share of these; `residual_s` the middle distance
    that remains.
    """

    pairs: tuple[tuple[int, int], ...]
    offset_s: float
    confidence: Confidence
    rival_share: float
    residual_s: float


def match_photos(
    photos_s: Any, shots_s: Any, *, offset_s: float | None = None, tolerance_s: float = TOLERANCE_S
) -> PhotoMatch:
    """Join ascending times of photos and of pictures, seconds; `offset_s` where it is known."""
    photos, shots = np.asarray(photos_s, np.float64), np.asarray(shots_s, np.float64)
    if not len(photos) or not len(shots):
        return PhotoMatch((), offset_s or 0.0, "low", 0.0, 0.0)
    rival = 0.0
    known = offset_s is not None
    if offset_s is None:
        offset_s, rival = _voted(photos, shots, tolerance_s)
    pairs = _joined(photos + offset_s, shots, tolerance_s)
    rest = [abs(photos[i] + offset_s - shots[j]) for i, j in pairs]
    share = len(pairs) / len(photos)
    confidence: Confidence = "low"
    if len(pairs) >= (1 if known else 3) and share >= 0.5:
        confidence = "high" if share >= 0.9 and (known or rival <= 0.7) else "medium"
        if not known and rival > 0.95:
            confidence = "low"
    return PhotoMatch(
        tuple(pairs), float(offset_s), confidence, rival, float(np.median(rest)) if rest else 0.0
    )


def _voted(photos: Any, shots: Any, tolerance_s: float) -> tuple[float, float]:
    """The offset with most pairs, and the share of pairs that the best one elsewhere makes."""
    step = max(1, len(photos) // _VOTERS)
    differences = np.sort((shots[None, :] - photos[::step, None]).ravel())
    # Within how many others' reach each difference lies: a window, so that no bin's edge parts what belongs together.
    votes = np.searchsorted(differences, differences + _BIN_S * 2, side="right") - np.arange(len(differences))
    candidates: list[float] = []
    for at in np.argsort(-votes, kind="stable")[:2000]:
        middle = float(np.median(differences[at : at + votes[at]]))
        if all(abs(middle - other) > tolerance_s for other in candidates):
            candidates.append(middle)
        if len(candidates) == 6:
            break
    scored = []
    for candidate in candidates:
        pairs = _joined(photos + candidate, shots, tolerance_s)
        rest = np.array([shots[j] - photos[i] - candidate for i, j in pairs])
        fine = candidate + (float(np.median(rest)) if len(rest) else 0.0)
        spread = float(np.median(np.abs(rest))) if len(rest) else tolerance_s
        scored.append((len(pairs), -spread, fine))
    scored.sort(reverse=True)
    best = scored[0]
    return best[2], scored[1][0] / max(1, best[0]) if len(scored) > 1 else 0.0


def _joined(photos: Any, shots: Any, tolerance_s: float) -> list[tuple[int, int]]:
    """Pairs in order of time, none crossing another: those that lie closest, where one that is left out counts as
    the tolerance.

    So no row of photos is moved on by one to win a pair at its end. `best[j]` is the most that is won with the
    photos so far and the first j pictures; how it came about is kept for the pictures in each photo's reach.
    """
    first = np.searchsorted(shots, photos - tolerance_s, side="left").tolist()
    behind = np.searchsorted(shots, photos + tolerance_s, side="right").tolist()
    times = shots.tolist()
    best, filled = [0.0] * (len(times) + 1), 0
    ways: list[list[int]] = []
    for photo_s, lo, hi in zip(photos.tolist(), first, behind, strict=True):
        best[filled + 1 : hi + 1] = [best[filled]] * (hi - filled)
        filled = max(filled, hi)
        way, before = [], best[lo]
        for j in range(lo, hi):
            options = (best[j + 1], best[j], before + tolerance_s - abs(photo_s - times[j]))
            before = best[j + 1]
            best[j + 1] = max(options)
            way.append(options.index(best[j + 1]))
        ways.append(way)
    pairs, i, j = [], len(ways) - 1, len(times)
    while i >= 0:
        j = min(j, behind[i])
        way_here = ways[i][j - 1 - first[i]] if j > first[i] else _NO_PHOTO
        if way_here == _PAIR:
            pairs.append((i, j - 1))
        i -= way_here != _NO_PICTURE
        j -= way_here != _NO_PHOTO
    return pairs[::-1]
