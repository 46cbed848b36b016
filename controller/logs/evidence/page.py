"""The evidence page of a run: one HTML file without scripts and without any address to load from."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from controller.logs.evidence.summary import headline, origin_text, summarized
from controller.logs.report.style import STYLE

_MORE = """
.yes{color:var(--good);font-weight:600}.no{color:var(--warn);font-weight:600}td.number,th.number{text-align:right}
th{vertical-align:bottom}code.place{white-space:nowrap}
td.number+td:not(.number),th.number+th:not(.number){padding-left:14px}
code{font-family:ui-monospace,monospace;font-size:12.5px;overflow-wrap:anywhere}.wide{overflow-x:auto}
details{margin:10px 0}summary{cursor:pointer;color:var(--soft)}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_MOST_ROWS = 500
_OPEN_ROWS, _OPEN_PEERS = 20, 4
_COUNTED = ("packets sent", "bytes sent", "packets received", "bytes received", "dropped")


_NO_ACCOUNT = "The recorded command left no account of its own, so this is not known."


def render(fields: Mapping[str, Any], *, fault: str = "") -> str:
    """Return the page of an account. `fault` says why it proves nothing; "" for one that was checked and is sound."""
    title = f"What left this machine: {_command(fields)}"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{STYLE}{_MORE}</style></head>
<body><main>
<header><h1>What left this machine</h1>{_head(fields, fault)}</header>
{_recording(fields)}
{_mechanisms(fields)}
{_endpoints(fields)}
{_refused(fields)}
{_limits(fields)}
{_software(fields)}
{_signature(fields, fault)}
</main></body></html>
"""


def _head(fields: Mapping[str, Any], fault: str) -> str:
    found = summarized(fields)
    what, who = headline(fields)
    if fault:
        state, what, who = "bad", "This account proves nothing", fault
    else:
        sure = fields.get("recording") or (fields["level"] == "kernel" and fields["complete"])
        state = "good" if sure and not (found["outside_bytes"] or found["device_bytes"]) else "plain"
    facts = [
        ("command", _command(fields)),
        ("began", _time(fields["started_utc"])),
        ("ended", _time(fields["ended_utc"])),
        ("exit code", "" if fields["exit_code"] is None else str(fields["exit_code"])),
        ("flight", fields.get("flight", "")),
        ("held by", _holder(fields)),
        ("attempts refused", f"{sum(one['count'] for one in found['refused'] if one['refused']):,d}"),
    ]
    listed = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in facts if text
    )
    return f'<p class="outcome {state}">{escape(what)}<span>{escape(who)}</span></p><dl>{listed}</dl>'


def _command(fields: Mapping[str, Any]) -> str:
    return shlex.join(["landline", *fields["command"]])


def _holder(fields: Mapping[str, Any]) -> str:
    if fields["level"] == "kernel":
        return "the kernel"
    recording = fields.get("recording")
    return "nothing; it was recorded" if recording and not recording["held"] else "this process only"


def _time(utc: str) -> str:
    return f"{utc[:10]} {utc[11:19]} UTC"


def _mechanisms(fields: Mapping[str, Any]) -> str:
    rows = [
        (
            escape(one["name"]),
            '<span class="yes">active</span>' if one["active"] else '<span class="no">not active</span>',
            escape(one["detail"]),
            f"<code>{escape(one['checked'] or 'not checked')}</code>",
        )
        for one in fields["mechanisms"]
    ]
    text = "The kernel's own files were read inside the run, at its end."
    if not rows:
        text = f"No mechanism of the kernel held this run: {fields['reason'] or 'it was not sealed'}."
    return _section("How it was held", text, ("mechanism", "state", "what it does", "as checked"), rows)


def _endpoints(fields: Mapping[str, Any]) -> str:
    rows = [
        (
            f"<code class=place>{escape(one['endpoint'])}</code>",
            "outside" if one["outside"] else "this machine" if one["kind"] != "serial" else "a cable",
            _folded([_place(peer) for peer in one["peers"]]) or "–",
            *(
                f"{one[name]:,d}"
                for name in ("sent_packets", "sent_bytes", "received_packets", "received_bytes")
            ),
            f"{one['dropped']:,d}",
            escape(f"{one['counted_by']}: {one['packets_are']}"),
        )
        for one in summarized(fields)["allowed"]
    ]
    text = "The command line or the policy file names them. Bytes are payload, without headers."
    if not rows:
        text = _NO_ACCOUNT if _is_untold(fields) else "The run opened no endpoint."
    heads = ("endpoint", "where", "other sides", *_COUNTED, "counted by")
    return _section("Endpoints", text, heads, rows, numbers=range(3, 8))


def _is_untold(fields: Mapping[str, Any]) -> bool:
    """Return whether a recorded command told nothing of itself."""
    recording = fields.get("recording")
    return recording is not None and recording["account"] is None


def _folded(places: Sequence[str]) -> str:
    """Return the first places a line each, the others behind a line that opens them."""
    shown, rest = places[:_OPEN_PEERS], places[_OPEN_PEERS:]
    more = f"<details><summary>{len(rest)} more</summary>{'<br>'.join(rest)}</details>" if rest else ""
    return "<br>".join(shown) + more


def _place(peer: Any) -> str:
    host, port = peer
    text = f"[{host}]" if ":" in str(host) else str(host)
    return f"<code class=place>{escape(text)}{f':{port}' if port else ''}</code>"


def _refused(fields: Mapping[str, Any]) -> str:
    refused = fields["refused"]
    rows = [
        (
            escape(" ".join(filter(None, (one["call"], one["what"]))))
            + ("" if one["refused"] else " (stopped by the network namespace)"),
            f"{one['count']:,d}",
            f"<code>{escape(origin_text(one))}</code>",
            escape(one["source"]),
        )
        for one in refused[:_MOST_ROWS]
    ]
    text = "Attempts that were stopped, each with the process or the line of code that made it."
    if not rows:
        text = _NO_ACCOUNT if _is_untold(fields) else "No attempt was refused."
    heads = ("attempt", "times", "made by", "seen by")
    first = _section("Refused", text, heads, rows[:_OPEN_ROWS], numbers=(1,))
    more = _table(heads, rows[_OPEN_ROWS:], (1,))
    return first + (
        f"<details><summary>{len(rows) - _OPEN_ROWS} more</summary>{more}</details>"
        if len(rows) > _OPEN_ROWS
        else ""
    )


def _recording(fields: Mapping[str, Any]) -> str:
    recording = fields.get("recording")
    if not recording:
        return ""
    notes = "".join(f"<li>{escape(text)}</li>" for text in (*recording["controls"], *recording["notes"]))
    rows = [
        (
            escape(one["utc"][11:23]),
            escape(one["origin"]),
            escape(one["protocol"]),
            _place((one["source"], one["source_port"])),
            _place((one["target"], one["target_port"])),
            f"{one['length']:,d}",
            f"<code>{escape(one['first_bytes'][:48])}</code>",
        )
        for one in recording["packets"][:_MOST_ROWS]
    ]
    text = (
        f"landline {recording['command']} ran {recording['mode']}; the only way out led to the recorder. It saw "
        f"{recording['run_packets']:,d} packets of the run, {recording['kernel_packets']:,d} that the kernel sends by "
        f"itself, {recording['control_packets']:,d} sent on purpose by the controls."
    )
    if len(recording["packets"]) > _MOST_ROWS:
        text += f" The first {_MOST_ROWS} are listed."
    heads = ("time", "of", "protocol", "from", "to", "bytes", "first bytes")
    table = _section("Packets", text, heads, rows, numbers=(5,))
    pcap = f"<p>All packets: <code>{escape(recording['pcap']['file'])}</code>, SHA-256 "
    return f"{table}<ul>{notes}</ul>{pcap}<code>{recording['pcap']['sha256']}</code></p>"


def _limits(fields: Mapping[str, Any]) -> str:
    lines = [
        "It does not speak of the operating system, of the browser, or of the vehicle's own radios.",
        "What a serial port or an allowed endpoint carries further is for its other end.",
    ]
    if fields.get("recording"):
        lines.insert(
            0, "The recorder sees IP packets; it does not see sockets of this machine that are files."
        )
    elif fields["level"] == "kernel":
        lines.append(
            "It was written and signed in the sealed process, from what broker and witness told it there."
        )
    else:
        lines.insert(0, "The process counted itself: code that calls the system past Python is not seen.")
    if fields["software"]["changed_during_run"]:
        changed = fields["software"]["changed_during_run"]
        lines.insert(
            0, f"{len(changed)} of Landline's files changed during the run: {', '.join(changed[:5])}."
        )
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<section><h2>What this does not show</h2><ul>{items}</ul></section>"


def _software(fields: Mapping[str, Any]) -> str:
    ran = fields["software"]
    files = [
        (f"Landline {ran['landline']}, {ran['landline_files']} files", ran["landline_sha256"]),
        *((f"guard/{name}", value) for name, value in ran["guard"].items()),
        *(
            (f"script {one['path']}{', changed during the run' * one['changed_during_run']}", one["sha256"])
            for one in ran.get("scripts", ())
        ),
        *(
            (f"Python {ran['python']['version']}, {name}", value)
            for name, value in ran["python"]["files"].items()
        ),
    ]
    packages = [
        (f"{name} {one['version']}", one["record_sha256"]) for name, one in ran["distributions"].items()
    ]
    system = ran["system"]
    rows = [(escape(name), f"<code>{value or 'cannot be read'}</code>") for name, value in files]
    more = _table(
        ("distribution", "SHA-256 of its RECORD"),
        [(escape(name), f"<code>{value or 'none'}</code>") for name, value in packages],
    )
    text = f"On {system['name']} {system['release']}, {system['machine']}; hashes at the end of the run."
    listed = f"<details><summary>{len(packages)} installed distributions</summary>{more}</details>"
    return _section("What ran", text, ("file", "SHA-256"), rows) + listed


def _signature(fields: Mapping[str, Any], fault: str) -> str:
    if fault:
        return f"<section><h2>Signature</h2><p class=no>{escape(fault)}</p></section>"
    return (
        "<section><h2>Signature</h2><p>Checked when this page was made: Ed25519 key "
        f"<code>{escape(fields['key'])}</code>. Check it again: landline audit egress.</p></section>"
    )


def _section(
    title: str,
    text: str,
    heads: Iterable[str],
    rows: Sequence[tuple[str, ...]],
    *,
    numbers: Iterable[int] = (),
) -> str:
    table = _table(heads, rows, numbers) if rows else ""
    return f"<section><h2>{escape(title)}</h2><p>{escape(text)}</p>{table}</section>"


def _table(heads: Iterable[str], rows: Sequence[tuple[str, ...]], numbers: Iterable[int] = ()) -> str:
    right = frozenset(numbers)

    def kind(at: int) -> str:
        return " class=number" if at in right else ""

    head = "".join(f"<th scope=col{kind(at)}>{escape(text)}</th>" for at, text in enumerate(heads))
    body = "".join(
        f"<tr>{''.join(f'<td{kind(at)}>{cell}</td>' for at, cell in enumerate(row))}</tr>" for row in rows
    )
    return f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
