"""`landline logs review`: what a flight's log tells of the aircraft's health."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from controller.cli.common import Output


def show(log: Path, *, json: bool) -> int:
    """Print the findings of one log, each with its evidence and the source of its limit."""
    from controller.logs.read import read_log
    from controller.logs.review.findings import review

    out = Output(json)
    found = review(read_log(log))
    for one in found.findings:
        first_s, last_s = ((at_us - found.begin_us) / 1e6 for at_us in (one.first_us, one.last_us))
        out.emit("finding", **asdict(one), first_s=first_s, last_s=last_s)
        out.result(
            f"{one.kind}: {one.source} reached {one.worst:.4g} {one.unit}".rstrip()
            + f" (limit {one.limit:g}), {one.rows} of {one.of} rows, {first_s:.1f} s to {last_s:.1f} s\n"
            f"    {one.threshold_source}"
        )
    out.emit("summary", log=str(log), findings=len(found.findings), judged=found.judged)
    out.result(f"{len(found.findings)} findings; judged: {', '.join(found.judged) or 'nothing in this log'}")
    return 0
