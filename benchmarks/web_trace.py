"""Chromium's trace of a page: the work of its main thread, frame by frame, and the functions that do it."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# As few as tell the tasks, the frames and the kinds of work: noting an event is work of the main thread too.
CATEGORIES = (
    "devtools.timeline,disabled-by-default-devtools.timeline,disabled-by-default-devtools.timeline.frame"
)
# Everything that the main thread does is in a task; the other events are parts of it.
TASK = "RunTask"
FRAME = "BeginMainThreadFrame"
# Work that the page causes, as DevTools names it: its scripts with their garbage, style, layout, painting.
OWN = frozenset({
    "EvaluateScript", "EventDispatch", "FireAnimationFrame", "FireIdleCallback", "FunctionCall", "HandlePostMessage",
    "TimerFire", "v8.compile", "MajorGC", "MinorGC", "UpdateLayoutTree", "Layout", "HitTest", "PrePaint", "Paint",
    "Layerize", "Commit",
})  # fmt: skip


@dataclass(frozen=True)
class Frames:
    """Milliseconds of the main thread's processor time by frame: of the page's own work, and of all its tasks."""

    own_ms: list[float]
    work_ms: list[float]
    seconds: float
    parts: Counter[str]
    """Milliseconds of the whole trace by kind of work, without the parts inside of each."""

    @property
    def a_second(self) -> float:
        return len(self.work_ms) / self.seconds if self.seconds else 0.0


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of the values are; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def start(client: Any) -> None:
    """Start a trace through a CDP session of the browser."""
    client.send(
        "Tracing.start",
        {
            "transferMode": "ReturnAsStream",
            "traceConfig": {"includedCategories": CATEGORIES.split(","), "recordMode": "recordUntilFull"},
        },
    )


def stop(client: Any, page: Any, keep: Path | None = None) -> list[dict[str, Any]]:
    """Stop the trace and return its events; `keep` is a file for DevTools, gzipped."""
    done: list[dict[str, Any]] = []
    client.on("Tracing.tracingComplete", lambda event: done.append(event))  # noqa: PLW0108 - marked by Playwright
    client.send("Tracing.end")
    while not done:
        page.wait_for_timeout(50)
    handle, text = done[0]["stream"], []
    while True:
        part = client.send("IO.read", {"handle": handle, "size": 1 << 20})
        text.append(part["data"])
        if part["eof"]:
            break
    client.send("IO.close", {"handle": handle})
    whole = "".join(text)
    if keep is not None:
        keep.write_bytes(gzip.compress(whole.encode()))
    events: list[dict[str, Any]] = json.loads(whole)["traceEvents"]
    return events


def frames(events: list[dict[str, Any]]) -> Frames:
    """Return the work of the busiest renderer's main thread between the starts of its frames."""
    names = {
        (one["pid"], one["tid"])
        for one in events
        if one.get("name") == "thread_name" and one["args"].get("name") == "CrRendererMain"
    }
    by_thread: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for one in events:
        if (one.get("pid"), one.get("tid")) in names and "ts" in one:
            by_thread[one["pid"], one["tid"]].append(one)
    if not by_thread:
        return Frames([], [], 0.0, Counter())
    busiest = max(by_thread.values(), key=lambda all_: (sum(one["name"] == FRAME for one in all_), len(all_)))
    own = sorted(busiest, key=lambda one: float(one["ts"]))
    starts = [one["ts"] for one in own if one["name"] == FRAME]
    own_ms, work_ms, at, counted_until = [0.0] * len(starts), [0.0] * len(starts), -1, 0.0
    for one in sorted(own, key=lambda one: (float(one["ts"]), -float(one.get("dur", 0)))):
        while at + 1 < len(starts) and one["ts"] >= starts[at + 1]:
            at += 1
        if at < 0 or one.get("ph") != "X":
            continue
        spent = one.get("tdur", one["dur"]) / 1000
        if one["name"] == TASK:
            work_ms[at] += spent
        elif one["name"] in OWN and one["ts"] >= counted_until:
            # The parts inside of it are counted with it.
            own_ms[at] += spent
            counted_until = one["ts"] + one["dur"]
    span = (starts[-1] - starts[0]) / 1e6 if len(starts) > 1 else 0.0
    # The last frame has no end.
    return Frames(own_ms[:-1], work_ms[:-1], span, _parts(own))


def _parts(events: list[dict[str, Any]]) -> Counter[str]:
    """Return the time of each kind of event without the events inside of it."""
    found: Counter[str] = Counter()
    stack: list[tuple[float, str]] = []
    whole = [one for one in events if one.get("ph") == "X" and one.get("dur")]
    for one in sorted(whole, key=lambda one: (one["ts"], -one["dur"])):
        spent = one.get("tdur", one["dur"]) / 1000
        while stack and stack[-1][0] <= one["ts"]:
            stack.pop()
        if stack:
            found[stack[-1][1]] -= spent
        found[one["name"]] += spent
        stack.append((one["ts"] + one["dur"], one["name"]))
    return found
