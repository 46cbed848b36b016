"""The account of a run, made and signed at its end: beside the flight, else in the folder of runs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from controller.cli.streams import write
from controller.errors import LandlineError
from controller.guard.process import RULES

if TYPE_CHECKING:
    from controller.guard.account import Account
    from controller.guard.audit import AuditRecord
    from controller.guard.run_account import RunStart
    from controller.guard.seal.begin import Seal


def write_evidence(
    start: RunStart, seal: Seal | None, reason: str, audit: AuditRecord | None, *, links: int, code: int
) -> None:
    """Write the account of a run that recorded a flight, had endpoints (`links` of them) or was refused something.

    Prints where the account of a flight is and what it shows. Never raises: an account that cannot be written is told
    in one line.
    """
    from controller.logs.evidence.account_file import write_account

    account = _account(seal, reason, audit, links)
    flight = next((one for one in reversed(RULES.records) if one.is_dir()), None)
    if flight is None and not links and not account.refused:
        return
    try:
        fields = start.finish(account, exit_code=code)
        written = write_account(fields, flight=flight)
        problem = written.unsigned
        if flight is not None and not problem:
            write(f"evidence  {written.path}: {_told(fields)}\n", sys.stderr)
    except (OSError, LandlineError) as error:
        problem = str(error)
    if problem:
        write(f"landline: the account of this run is not signed or not written: {problem}\n", sys.stderr)


def _told(fields: Mapping[str, Any]) -> str:
    """Return in one line what an account shows, and how the run was held."""
    from controller.guard.account import Mechanism, holders
    from controller.logs.evidence.summary import headline

    mechanisms = [Mechanism(**one) for one in fields["mechanisms"]]
    return "; ".join([*headline(fields), *holders(mechanisms)])


def _account(seal: Seal | None, reason: str, audit: AuditRecord | None, links: int) -> Account:
    from controller.guard.account import Account, refused_by_hook

    refused = [] if audit is None else refused_by_hook(audit.refused, getattr(audit, "origins", {}))
    if seal is not None:
        account = seal.account()
        return replace(account, refused=[*account.refused, *refused])
    counted = _counted(RULES.counted)
    return Account("process only", reason, (), counted, refused, complete=len(counted) >= links)


def _counted(endpoints: Iterable[Any]) -> list[dict[str, Any]]:
    """Return what the process itself counted on its links."""
    from controller.guard.account import counted_by_process
    from controller.link.url import WITHOUT_ENDPOINT

    found = []
    for one in endpoints:
        info, stats = one.link.info, one.stats
        if info.kind not in WITHOUT_ENDPOINT:
            found.append(
                counted_by_process(
                    info.url,
                    received_bytes=stats.bytes_in,
                    sent_bytes=stats.bytes_out,
                    received_frames=stats.frames_in,
                    sent_frames=stats.frames_out,
                    peers=info.peers,
                    dropped=stats.dropped_out,
                )
            )
    return found
