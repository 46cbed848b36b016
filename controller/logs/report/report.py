"""Report of a flight, or of a log of any format: one HTML file without external resources."""

from __future__ import annotations

from hashlib import file_digest
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from controller import __version__
from controller.errors import VerificationFailed
from controller.logs.flights import store
from controller.logs.flights.flight_summary import flight_summary, has_end
from controller.logs.record.additions import sign_additions
from controller.logs.record.append_file import write_atomically
from controller.logs.record.chain import CHAIN_FILE
from controller.logs.report.coverage import coverage_section
from controller.logs.report.data import FlightData, read_flight
from controller.logs.report.findings import findings_list, overlays
from controller.logs.report.plot import clock, plot
from controller.logs.report.style import SCRIPT, STYLE
from controller.logs.report.track_map import track_map
from controller.logs.report.truth import POSITION_ERROR
from controller.logs.verification.fingerprint import signed_fingerprint

_SHOWN_KINDS = ("mode", "warning", "text", "link", "check", "action", "record", "end")
_GRAVE = 4


def write_report(
    source: Path, target: Path | None = None, *, system: int | None = None, cells: int | None = None
) -> Path:
    """Write the report of a flight folder (to its `report.html` without a `target`) or of a log file; return its
    path. A report in the flight's folder is signed, if this machine has a key. `system` as for `open_log`,
    `cells` as for `review`. Raises LogFileError, LogUnreadable, NoSuchAircraft, OSError."""
    path = target or source / store.REPORT
    write_atomically(
        path, render(read_flight(source, system=system, cells=cells)).encode("utf-8", "xmlcharrefreplace")
    )
    if source.is_dir() and path.parent.absolute() == source.absolute():
        sign_additions(source, [path.name])
    return path


def render(data: FlightData) -> str:
    """The HTML page."""
    title = f"Flight {data.name}" if data.folder else data.name
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{STYLE}</style></head>
<body><main>
<header><h1>{escape(title)}</h1>{_headline(data)}</header>
{_findings(data)}
<section aria-label="Track">{track_map(data)}</section>
{coverage_section(data.coverage)}
<section aria-label="Plots">{_plots(data)}</section>
{_item_table(data)}
{_timeline(data)}
{_record(data)}
</main><script>{SCRIPT}</script></body></html>
"""


def _end(data: FlightData) -> dict[str, Any]:
    return next((event for event in reversed(data.events) if event.get("kind") == "end"), {})


def _note(data: FlightData) -> dict[str, Any]:
    """The summary of the flight procedure, if one flew the aircraft."""
    return flight_summary(data.events)


def _headline(data: FlightData) -> str:
    armed_s = sum(stop - start for start, stop in data.armed)
    # A log without flight modes does not record arming either.
    facts = [("armed", f"{clock(armed_s)} min")] if data.modes else []
    facts.append(("recorded", f"{clock(data.length_s)} min"))
    end = _end(data)
    for name, key in (("in the air", "flight_time_s"), ("real time", "wall_time_s")):
        if isinstance(end.get(key), int | float):
            facts.append((name, f"{clock(end[key])} min"))
    if data.track is not None:
        known_m = data.track.alts_m[np.isfinite(data.track.alts_m)]
        facts.append(("highest", f"{max(0.0, float(known_m.max(initial=0.0))):.1f} m above home"))
        facts.append(("distance flown", f"{float(data.track.flown_m[-1]):.0f} m"))
    for name in ("Charge", "Voltage"):
        for line in data.series[name]:
            known = line.values[np.isfinite(line.values)]
            if len(known):
                called = name.lower() if len(data.series[name]) == 1 else f"{name.lower()}, {line.name}"
                facts.append((called, f"{known[0]:.4g} → {known[-1]:.4g} {line.unit}"))
    for loss in data.series["Link"]:
        if not loss.empty:
            facts.append(("frames lost", f"{float(loss.values.mean()):.2f} %"))
    off = data.series.get(POSITION_ERROR)
    if off is not None and not off[0].empty:
        across = off[0].values[np.isfinite(off[0].values)]
        facts.append(("position error", f"{across.mean():.1f} m, at most {across.max():.1f} m"))
    listed = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    return f"{_outcome(data)}{_left(data)}<p>{escape(_utc_of(data))}</p><dl>{listed}</dl>"


def _outcome(data: FlightData) -> str:
    crash = data.review.crash
    if crash is not None and (data.folder is None or _end(data).get("outcome") != "crashed"):
        # The flight's own end may say that it landed: of records made before crashes were judged.
        said = _end(data).get("outcome")
        recorded = f"; recorded as {said}" if said else ""
        return f'<p class="outcome bad">crashed<span>{escape(crash.text + recorded)}</span></p>'
    if data.folder is None:
        return f'<p class="outcome plain">{escape(data.log.format.title)}</p>'
    end = _end(data) if has_end(data.events) else _note(data)
    outcome = str(end.get("outcome") or "no end recorded")
    # A session that only monitored the aircraft has neither a good nor a bad end.
    kind = {"completed": "good", "watched": "plain"}.get(outcome, "bad")
    return f'<p class="outcome {kind}">{escape(outcome)}<span>{escape(str(end.get("why") or ""))}</span></p>'


def _left(data: FlightData) -> str:
    """That the aircraft still flew at the end of the record, and what the operator's interruption commanded."""
    lines = [f"left in the air: {data.left_in_air}"] if data.left_in_air and data.review.crash is None else []
    if interrupted := _end(data).get("interrupted"):
        lines.append(str(interrupted))
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _utc_of(data: FlightData) -> str:
    first = (data.events[0].get("utc") if data.events else None) or data.start_utc
    if not first:
        return "no UTC time in the log: times count from the autopilot's start"
    began = f"began {str(first)[:19].replace('T', ' ')} UTC"
    if data.folder is None or not data.events or not store.is_simulated(data.events[0]):
        return began
    # When it was flown is in the folder's name, which is not in a record that repeats byte for byte.
    return f"{began} of simulated time; flown {store.flown_utc(data.folder)[:19].replace('T', ' ')} UTC"


def _findings(data: FlightData) -> str:
    notes = [str(line) for line in _note(data).get("findings", [])]
    if data.log.lost.places:
        notes.append(data.log.lost.description)
    notes.extend((*data.log.problems, *data.review.notes))
    items = [*(f"<li>{escape(line)}</li>" for line in notes), *findings_list(data.review, data.first_us)]
    judged = "" if not data.review.judged else f"<p>Checked: {escape(', '.join(data.review.judged))}.</p>"
    if data.review.never_armed:
        judged = "<p>Never armed: there is no flight to review.</p>"
    if not items and not judged:
        return ""
    return f"<section><h2>Findings</h2><ul>{''.join(items) or '<li>none</li>'}</ul>{judged}</section>"


def _plots(data: FlightData) -> str:
    over = overlays(data.review, data.modes, data.first_us)
    return "".join(plot(title, lines, data.length_s, over.get(title)) for title, lines in data.series.items())


def _cell(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:,.1f} {unit}"


def _item_table(data: FlightData) -> str:
    if not data.items:
        return ""
    rows = "".join(
        f"<tr><td>{item.number}</td><td>{escape(item.command)}</td><td>{escape(item.place)}</td>"
        f"<td>{'' if item.at_s is None else clock(item.at_s)}</td><td>{_cell(item.flown_m, 'm')}</td>"
        f"<td>{_cell(item.nearest_m, 'm')}</td></tr>"
        for item in data.items
    )
    return (
        "<section><h2>Mission</h2><table><thead><tr><th scope='col'>item</th><th scope='col'>command</th>"
        "<th scope='col'>place</th><th scope='col'>reached at</th><th scope='col'>after</th>"
        f"<th scope='col'>nearest</th></tr></thead><tbody>{rows}</tbody></table></section>"
    )


def _timeline(data: FlightData) -> str:
    rows = []
    for event, at_s in zip(data.events, data.event_times_s, strict=True):
        kind = str(event.get("kind", ""))
        if kind not in _SHOWN_KINDS:
            continue
        severity = event.get("severity")
        grave = kind in ("warning", "record") or (isinstance(severity, int) and severity <= _GRAVE)
        rows.append(
            f"<tr{' class=grave' if grave else ''}><td>{clock(at_s)}</td><td>{escape(kind)}</td>"
            f"<td>{escape(event_text(event))}</td></tr>"
        )
    if not rows:
        return ""
    return (
        "<section><h2>Events</h2><table><thead><tr><th scope='col'>at</th><th scope='col'>kind</th>"
        f"<th scope='col'></th></tr></thead><tbody>{''.join(rows)}</tbody></table></section>"
    )


def event_text(event: dict[str, Any]) -> str:
    """The text of an event, or its fields."""
    for key in ("text", "problem"):
        if event.get(key):
            return str(event[key])
    if event.get("kind") == "mode":
        return str(event.get("mode")) + ("" if event.get("by_mission", True) else ", not by the mission")
    skip = ("utc", "t_s", "kind", "name", "tlog_sha256")
    parts = [f"{key} {_value(value)}" for key, value in event.items() if key not in skip]
    return ", ".join([str(event["name"]), *parts] if "name" in event else parts)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value)) or "none"
    return str(value)


def _recorded(folder: Path) -> list[Path]:
    kept = [
        path for name in (store.MISSION, store.PARAMETERS) for path in store.existing_versions(folder, name)
    ]
    return [store.flight_log(folder), *kept, folder / store.MERGE_INDEX, folder / store.MERGED_FRAMES]


def _record(data: FlightData) -> str:
    start = data.events[0] if data.events else {}
    rows = [("folder" if data.folder else "file", data.name), ("messages", f"{data.log.messages:,}")]
    for path in _recorded(data.folder) if data.folder else [data.file]:
        if path.is_file():
            rows.append((f"{path.name}, SHA-256", _sha256(path)))
    if data.folder and (data.folder / CHAIN_FILE).is_file():
        rows += _signed(data.folder)
    if start.get("seed") is not None:
        rows.append(("simulated with seed", str(start["seed"])))
    if start.get("plan"):
        rows.append(("plan", str(start["plan"])))
    rows.append(("made by", f"Landline {__version__}"))
    listed = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows
    )
    return f"<section><h2>Record</h2><table class='record'>{listed}</table></section>"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _signed(folder: Path) -> list[tuple[str, str]]:
    """The key that signed the record, and its fingerprint, which can be written down and compared."""
    try:
        fingerprint, signed_by = signed_fingerprint(folder)
    except VerificationFailed as error:
        return [("signed", f"the record does not verify: {error.what}")]
    return [("signed by", signed_by), ("fingerprint", fingerprint)]
