"""`landline audit egress`: what left this machine in a run, from its signed account or recorded in a run for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from controller.cli.common import Output
from controller.cli.logs.find_log import folder_of
from controller.cli.logs.shared import Flights, Json, counted

EXAMPLE = 'Example: landline audit egress last --html egress.html   (or --run "fly PLAN --sim quad_x")'


def egress(
    run_name: Annotated[
        str,
        typer.Argument(
            metavar="FLIGHT", help="A flight, or a run of the folder runs: its file, name, or 'last'."
        ),
    ] = "",
    last: Annotated[bool, typer.Option("--last", help="The run that ended last.")] = False,
    run: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="COMMAND",
            help="Run this command where every packet it sends is recorded (Linux).",
        ),
    ] = None,
    held: Annotated[
        bool, typer.Option("--held", help="With --run: keep guard and seal on, as users run it.")
    ] = False,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page to read.")] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key", metavar="KEY", help="Public key to trust (default: this machine's own). Repeatable."
        ),
    ] = None,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Show what left this machine in a run, and what was refused.

    Reads the signed account of a flight or of a run, and checks its signature: ends with 6 if it was changed, or if
    its key is unknown. --run makes a run for the purpose: a command of Landline in a network whose only way out leads
    to a recorder, with guard and seal off, so that what it tries arrives. Two packets sent on purpose before and after
    must arrive too; else it ends with 6. It also ends with 6 if a packet went where the command line does not name.
    """
    from controller.cli.logs.verify import trusted_keys
    from controller.errors import UserError
    from controller.logs.evidence.find_account import find_account

    out = Output(json)
    if (run is not None) + bool(run_name) + last != 1:
        raise UserError("give a flight or a run, --last, or --run", where="audit egress", hint="try --last")
    if held and run is None:
        raise UserError(
            "cannot use --held without --run", where="--held", hint='add --run "fly PLAN --sim quad_x"'
        )
    folder, code = folder_of(flights), 0
    if run is not None:
        from controller.cli.audit.recorded_run import record_run

        path, code = record_run(run, held=held, flights=folder, out=out)
    else:
        path = find_account("last" if last else run_name, folder)
    return _show(path, html, trusted_keys(key), out) or code


def _show(path: Path, html: Path | None, trusted: set[str], out: Output) -> int:
    """Check an account and show it; return the exit code. Raises VerificationFailed for one that proves nothing."""
    from controller.errors import VerificationFailed
    from controller.logs.evidence.account_file import fault_of, read_account
    from controller.logs.evidence.page import render
    from controller.logs.evidence.summary import summarized
    from controller.logs.record.append_file import write_atomically

    read = read_account(path)
    fault = fault_of(read, trusted)
    if html is not None:
        write_atomically(html, render(read.fields, fault=fault).encode("utf-8", "xmlcharrefreplace"))
    fields = {} if fault else summarized(read.fields)
    recording = read.fields.get("recording") or {}
    recorded = {name: value for name, value in recording.items() if name != "packets"}
    out.emit(
        "summary",
        **fields,
        ok=not fault,
        fault=fault,
        recording=recorded or None,
        signed=None if fault else str(path),
        signed_by=read.key or None,
        html=None if html is None else str(html),
    )
    if fault:
        raise VerificationFailed(
            f"the account proves nothing: {fault}",
            where=str(path),
            hint="give --key if you know this key's owner"
            if "unknown key" in fault
            else "compare with a copy",
        )
    for line in _lines(read.fields, fields):
        out.result(line)
    out.result(f"signed by {read.key}: {path}")
    if html is not None:
        out.result(f"page: {html}")
    if recorded.get("unnamed_packets"):
        count = counted(recorded["unnamed_packets"], "packet")
        raise VerificationFailed(
            f"{count} went to addresses that the command line does not name",
            where=str(path.with_name(recorded["pcap"]["file"])),
            hint="open the file with a packet viewer, and report it",
        )
    return 0


def _lines(fields: Mapping[str, Any], summary: Mapping[str, Any]) -> list[str]:
    """Return the account for a person to read."""
    from controller.logs.evidence.summary import headline, origin_text

    lines = ["; ".join(headline(fields))]
    for one in summary["mechanisms"]:
        how = one["detail"] + (f" ({one['checked']})" if one["checked"] else "")
        lines.append(f"{one['name']}: {how}" if one["active"] else f"no {one['name']}: {one['detail']}")
    for one in summary["allowed"]:
        where = "outside" if one["outside"] else "this machine"
        if one["kind"] in ("serial", "pty"):
            where = "a device"
        lines.append(
            f"{one['endpoint']} ({where}): {one['sent_bytes']:,d} bytes sent, {one['received_bytes']:,d} received, "
            f"counted by the {one['counted_by']}"
        )
    for one in summary["refused"]:
        state = "refused" if one["refused"] else "seen"
        what = " ".join(filter(None, (one["call"], one["what"])))
        lines.append(f"{state} {one['count']:,d} times: {what}, by {origin_text(one)}")
    if recording := fields.get("recording"):
        lines += [f"control {text}" for text in recording["controls"]]
        lines += [f"note: {text}" for text in recording["notes"]]
        lines.append(
            f"{recording['run_packets']} packets of the run, {recording['kernel_packets']} of the kernel itself, "
            f"{recording['control_packets']} of the controls: {recording['pcap']['file']}"
        )
    return lines
