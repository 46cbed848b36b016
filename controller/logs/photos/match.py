"""Match of photos with camera events when the camera's clock has an unknown offset.

Each pair of photo and event votes for its time difference; the offset with the most votes is refined by the median
of the residuals. Then photos and events are paired in order of time, each at most once. The confidence depends on
the share of photos with an event, and on the fit of the next best offset: evenly spaced events fit nearly as well
one later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Confidence = Literal["high", "medium", "low"]
# Most cameras write whole seconds; triggering and saving take some tenths of a second.
TOLERANCE_S = 1.2
_BIN_S = 0.5
_VOTERS = 400
# Steps of the optimal pairing: skip the photo, skip the event, or pair both.
_SKIP_PHOTO, _SKIP_EVENT, _PAIR = range(3)


@dataclass(frozen=True, slots=True)
class PhotoMatch:
    """Result of a match. `pairs` are (photo, event) by number, `offset_s` is added to the camera's times to give UTC.

    `rival_share` is the number of pairs of the next best offset, as a share of these; `residual_s` the median
    distance that remains.
    """

    pairs: tuple[tuple[int, int], ...]
    offset_s: float
    confidence: Confidence
    rival_share: float
    residual_s: float


def match_photos(
    photos_s: Any, events_s: Any, *, offset_s: float | None = None, tolerance_s: float = TOLERANCE_S
) -> PhotoMatch:
    """Pair ascending times of photos and of events (s); `offset_s` if it is known."""
    photos, events = np.asarray(photos_s, np.float64), np.asarray(events_s, np.float64)
    if not len(photos) or not len(events):
        return PhotoMatch((), offset_s or 0.0, "low", 0.0, 0.0)
    rival = 0.0
    known = offset_s is not None
    if offset_s is None:
        offset_s, rival = _voted(photos, events, tolerance_s)
    pairs = _paired(photos + offset_s, events, tolerance_s)
    residuals = [abs(photos[i] + offset_s - events[j]) for i, j in pairs]
    share = len(pairs) / len(photos)
    confidence: Confidence = "low"
    if len(pairs) >= (1 if known else 3) and share >= 0.5:
        confidence = "high" if share >= 0.9 and (known or rival <= 0.7) else "medium"
        if not known and rival > 0.95:
            confidence = "low"
    return PhotoMatch(
        tuple(pairs), float(offset_s), confidence, rival, float(np.median(residuals)) if residuals else 0.0
    )


def _voted(photos: Any, events: Any, tolerance_s: float) -> tuple[float, float]:
    """Return the offset with the most pairs, and the share of pairs that the best offset elsewhere has."""
    step = max(1, len(photos) // _VOTERS)
    differences = np.sort((events[None, :] - photos[::step, None]).ravel())
    # Votes in a sliding window, because fixed bins would split close differences.
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
        pairs = _paired(photos + candidate, events, tolerance_s)
        residuals = np.array([events[j] - photos[i] - candidate for i, j in pairs])
        fine = candidate + (float(np.median(residuals)) if len(residuals) else 0.0)
        spread = float(np.median(np.abs(residuals))) if len(residuals) else tolerance_s
        scored.append((len(pairs), -spread, fine))
    scored.sort(reverse=True)
    best = scored[0]
    return best[2], scored[1][0] / max(1, best[0]) if len(scored) > 1 else 0.0


def _paired(photos: Any, events: Any, tolerance_s: float) -> list[tuple[int, int]]:
    """Return the pairs with the smallest total distance, in order of time; a skipped one costs the tolerance.

    So a row of photos is not shifted by one to win a pair at its end. Dynamic programming: `best[j]` is the best
    score of the photos so far and the first j events; the steps are kept for the events in reach of each photo.
    """
    begins = np.searchsorted(events, photos - tolerance_s, side="left").tolist()
    ends = np.searchsorted(events, photos + tolerance_s, side="right").tolist()
    times = events.tolist()
    best, scored = [0.0] * (len(times) + 1), 0
    steps: list[list[int]] = []
    for photo_s, lo, hi in zip(photos.tolist(), begins, ends, strict=True):
        best[scored + 1 : hi + 1] = [best[scored]] * (hi - scored)
        scored = max(scored, hi)
        row, before = [], best[lo]
        for j in range(lo, hi):
            options = (best[j + 1], best[j], before + tolerance_s - abs(photo_s - times[j]))
            before = best[j + 1]
            best[j + 1] = max(options)
            row.append(options.index(best[j + 1]))
        steps.append(row)
    pairs, i, j = [], len(steps) - 1, len(times)
    while i >= 0:
        j = min(j, ends[i])
        step = steps[i][j - 1 - begins[i]] if j > begins[i] else _SKIP_PHOTO
        if step == _PAIR:
            pairs.append((i, j - 1))
        i -= step != _SKIP_EVENT
        j -= step != _SKIP_PHOTO
    return pairs[::-1]
