"""`landline audit egress --run`: runs a command of Landline in a network whose only way out leads to a recorder."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.cli.common import Output, guard

if TYPE_CHECKING:
    from controller.guard.capture.packets import Packet
    from controller.guard.capture.recording import Recording

ROOT = Path(__file__).parents[3]
_MOST_PACKETS = 1000
_MODES = {
    False: "with its guard and its seal off",
    True: "as users run it, with its guard and its seal",
}


def record_run(text: str, *, held: bool, flights: Path, out: Output) -> tuple[Path, int]:
    """Run a command and record what it sends; return the file of its evidence, and the command's exit code.

    Raises UserError, SafetyRefused where this machine cannot, VerificationFailed where the control fails.
    """
    from controller.clock import iso_utc
    from controller.guard.capture.recorded_process import CONTROL_TARGETS, Job
    from controller.guard.capture.recording import record
    from controller.guard.data_folder import data_folder
    from controller.guard.policy import NetTarget
    from controller.guard.run_account import RunStart
    from controller.logs.evidence.account_file import runs_folder, write_account

    words = _words(text)
    controls = [NetTarget(host, port, "udp") for host, port in CONTROL_TARGETS]
    guard([], programs=[Path(sys.executable).name], listens=controls)
    start = RunStart.now(["audit", "egress", "--run", text, *(["--held"] if held else [])])
    data = data_folder()
    stamp = re.sub(r"[-:]|\.\d+", "", iso_utc(start.utc_us))
    pcap = runs_folder(data) / f"{stamp}-audit-egress.pcap"
    number = 1
    while pcap.exists():
        number += 1
        pcap = pcap.with_name(f"{stamp}-audit-egress-{number}.pcap")

    def show(packet: Packet) -> None:
        at = iso_utc(packet.utc_us)
        out.emit("packet", **packet_fields(packet))
        out.result(f"{at[11:23]} {packet.origin}: {packet}")

    # The command's own output is not the result of this one.
    job = Job(_command(words, held=held), _environment(), Path.cwd(), [ROOT, data, Path.cwd()], 2)
    out.note(f"running landline {text}, {_MODES[held]}; its only way out leads to the recorder")
    found = record(job, pcap, show)
    fields = _fields(start, found, text, held=held, folders=[flights, *_out_folder(words)])
    return write_account(fields, data=data).path, found.exit_code


def _words(text: str) -> list[str]:
    from controller.errors import UserError

    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UserError(f"cannot read the command: {error}", where="--run", hint="check its quotes") from None
    if words[:1] == ["landline"]:
        del words[0]
    if not words or words[0] == "audit":
        raise UserError(
            "cannot record this command",
            where="--run",
            hint='give one that runs, such as "fly PLAN --sim quad_x"',
        )
    return words


def _command(words: list[str], *, held: bool) -> list[str]:
    module = "controller.cli.main" if held else "controller.cli.audit.unguarded"
    return [sys.executable, "-m", module, *words]


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path}


def _out_folder(words: list[str]) -> list[Path]:
    """Return the folder that the command's --out names."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--out" and following:
            return [Path(following)]
        if word.startswith("--out="):
            return [Path(word.removeprefix("--out="))]
    return []


def packet_fields(packet: Packet) -> dict[str, Any]:
    """Return a packet as the evidence and the output have it."""
    from dataclasses import asdict

    from controller.clock import iso_utc

    fields = asdict(packet)
    return {"utc": iso_utc(fields.pop("utc_us")), **fields}


def _fields(start: Any, found: Recording, text: str, *, held: bool, folders: list[Path]) -> dict[str, Any]:
    """Return the account: what the recorder saw, and what the command's own account tells of it."""
    from controller.guard.account import Account
    from controller.guard.run_account import without_secrets
    from controller.logs.evidence.account_file import read_account
    from controller.logs.evidence.find_account import account_of_process
    from controller.logs.record.additions import digest_of

    whole: dict[str, Any] = start.finish(
        Account("process only", f"it ran {_MODES[held]}, in the recorder's network"),
        exit_code=found.exit_code,
    )
    own = account_of_process(found.pid, start.utc_us * 1000, folders)
    told: Mapping[str, Any] = read_account(own).fields if own else {}
    for name in ("level", "mechanisms", "endpoints", "refused", "complete"):
        whole[name] = told.get(name, whole[name])
    length, digest = digest_of(found.pcap)
    run, named = found.of("run"), named_places(shlex.split(text), told)
    whole["recording"] = {
        "command": " ".join(without_secrets(shlex.split(text))),
        "mode": _MODES[held],
        "held": held,
        "controls": found.controls,
        "notes": found.notes,
        "run_packets": len(run),
        "run_bytes": sum(packet.length for packet in run),
        "kernel_packets": len(found.of("kernel")),
        "control_packets": len(found.of("control")),
        "unnamed_packets": len([one for one in run if (one.target, one.target_port) not in named]),
        "packets": [packet_fields(packet) for packet in found.packets[:_MOST_PACKETS]],
        "pcap": {"file": found.pcap.name, "bytes": length, "sha256": digest},
        "account": {"file": str(own), "sha256": digest_of(own)[1]} if own else None,
    }
    return whole


def named_places(words: Sequence[str], told: Mapping[str, Any]) -> set[tuple[str, int]]:
    """Return the addresses and ports that a command line names, and those that the command's own account `told` has.

    Where a named host has no numeric address, its look-up at the recorder's name servers is named too.
    """
    from controller.errors import UserError
    from controller.guard.capture.network import NAME_SERVERS
    from controller.guard.policy import is_loopback, parse_ip
    from controller.link.url import parse

    named = {(str(one["host"]), int(one["port"])) for one in told.get("endpoints", ())}
    named |= {(str(peer[0]), int(peer[1])) for one in told.get("endpoints", ()) for peer in one["peers"]}
    for word in words:
        try:
            url = parse(word.partition("=")[2] if word.startswith("--") else word)
        except UserError:
            continue
        address = parse_ip(url.host)
        named.add((str(address or url.host), url.port))
        if url.host and address is None and not is_loopback(url.host):
            named |= {(server, 53) for server in NAME_SERVERS}
    return named
