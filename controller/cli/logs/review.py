"""`landline logs review`: findings about the aircraft and the flight in a log."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from controller.cli.common import Output

if TYPE_CHECKING:
    from controller.logs.formats.base import Log
    from controller.logs.review.findings import Finding, Review


def show(log: Path, *, json: bool) -> int:
    """Print the findings in one log, each with its evidence and the source of its limit."""
    from controller.logs.formats.read import open_log
    from controller.logs.review.findings import review

    out = Output(json)
    read = open_log(log)
    found = review(read)
    for line in read.problems:
        out.note(line)
    if read.lost.places:
        out.result(read.lost.description)
    for one in found.findings:
        first_s, last_s = ((at_us - found.begin_us) / 1e6 for at_us in (one.first_us, one.last_us))
        out.emit("finding", **asdict(one), first_s=first_s, last_s=last_s)
        out.result(_finding_lines(one, first_s, last_s))
    out.emit(
        "summary",
        log=str(log),
        findings=len(found.findings),
        bad=sum(one.grade == "bad" for one in found.findings),
        judged=found.judged,
        never_armed=found.never_armed,
        messages=read.messages,
        bad_bytes=read.bad_bytes,
        damaged_places=read.lost.places,
        first_damage=read.lost.first,
        cut_off=read.lost.cut_off,
        problems=list(read.problems),
    )
    out.result(_verdict(read, found))
    return 0


def _verdict(read: Log, found: Review) -> str:
    """Return the last line, which names only the readable part of a damaged log."""
    log = "the readable part of this log" if read.lost.places and not read.lost.only_truncated else "this log"
    if found.never_armed:
        return f"never armed: {log} has no flight to review"
    if not found.judged and not found.findings:
        return f"nothing to review: {log} has {'no messages that are checked' if read.messages else 'no messages'}"
    number = len(found.findings)
    return (
        f"{number or 'no'} finding{'' if number == 1 else 's'} in {log}; checked: {', '.join(found.judged)}"
    )


def _finding_lines(one: Finding, first_s: float, last_s: float) -> str:
    mark = "BAD " if one.grade == "bad" else ""
    when = f"at {first_s:.1f} s" if one.last_us == one.first_us else f"{first_s:.1f} s to {last_s:.1f} s"
    if not one.rows:
        head = f"{one.text} ({one.source}), {when}"
    else:
        unit = f" {one.unit}" if one.unit else ""
        head = f"{one.worst:.4g}{unit} in {one.source} (limit {one.limit:g}), {when}"
        if one.of > one.rows:
            head += f", {one.rows} of {one.of} rows"
    lines = [f"{mark}{one.kind}: {head}"]
    if one.rows and one.text:
        lines.append(f"    {one.text}")
    if one.lat_deg is not None and one.lon_deg is not None:
        lines.append(f"    at {one.lat_deg:.6f}, {one.lon_deg:.6f}")
    lines.append(f"    {one.threshold_source}")
    return "\n".join(lines)
