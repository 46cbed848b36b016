"""Begins the run of a command: works out what it may use, seals it by the kernel where that is asked, and says so.

Only for a process that was started as `landline ...`: it cannot be undone.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from controller.cli.grants import Grants, remove_old
from controller.cli.need import Needs
from controller.cli.needs import needs_of
from controller.cli.seal_options import Asked
from controller.cli.streams import write
from controller.errors import SafetyRefused, UserError
from controller.guard.process import RULES

if TYPE_CHECKING:
    from controller.guard.audit import NetworkAudit
    from controller.guard.opener import Endpoint, EndpointKind
    from controller.guard.policy import EndpointPolicy, Target
    from controller.guard.policy_file import PolicyFile
    from controller.guard.run_account import RunStart
    from controller.guard.seal.begin import Seal
    from controller.link.url import LinkUrl

POLICY_FILE = "policy.toml"
_CANNOT = "cannot seal the run: "


@dataclass(slots=True)
class Held:
    """A run that has begun: how it is held, and what the policy file adds to its policy.

    One that `must` be sealed is refused where it cannot be.
    """

    start: RunStart
    must: bool = False
    reason: str = ""
    links: int = 0
    seal: Seal | None = None
    targets: tuple[Target, ...] = ()
    programs: frozenset[str] = frozenset()
    audit: NetworkAudit | None = None
    grants: Grants = field(default_factory=Grants)
    temporary: Path | None = None

    def policy(self, policy: EndpointPolicy) -> EndpointPolicy:
        """Return a policy with what the policy file adds."""
        return replace(policy, programs=policy.programs | self.programs).allowing(self.targets)

    def clean(self) -> None:
        """Remove temporary files, and folders that were made for the run and are empty. Never raises OSError."""
        self.grants.clean()
        if self.temporary is not None:
            shutil.rmtree(self.temporary, ignore_errors=True)


@dataclass(slots=True)
class _Process:
    """The run of this process: `asked` is None where none may begin, as in a test."""

    asked: Asked | None = None
    words: Sequence[str] = ()
    held: Held | None = None


PROCESS = _Process()


def before(command: str, given: Mapping[str, Any]) -> None:
    """Begin the run of a command with these arguments, in a process that was started for it.

    Raises UserError for an argument or a policy file that cannot be used, LinkError for a host that is not found,
    SafetyRefused where the run must be sealed and cannot.
    """
    if PROCESS.asked is not None and PROCESS.held is None:
        PROCESS.held = _begin(needs_of(command, given), PROCESS.asked)


def _begin(needs: Needs, asked: Asked) -> Held:
    from controller.guard.data_folder import config_folder
    from controller.guard.run_account import RunStart

    place = asked.policy or config_folder() / POLICY_FILE
    file = None
    if asked.policy is not None or place.is_file():
        from controller.guard.policy_file import read_policy_file

        file = read_policy_file(place)
    urls, inside = _parsed(needs.urls, file), _parsed(needs.inside)
    endpoints = (*_endpoints(urls), *needs.listens)
    held = Held(RunStart.now(PROCESS.words), must=asked.seal == "must", links=len(endpoints))
    if file is not None:
        held.targets, held.programs = tuple(url.target for url in urls), frozenset(file.programs)
    try:
        _seal(held, needs, asked, (*endpoints, *_endpoints(inside)), file)
    except SafetyRefused as error:
        held.clean()
        if held.must:
            raise
        held.reason = _reason(error)
    except BaseException:
        held.clean()
        raise
    if needs.script and held.seal is None:
        held.reason += "; the script runs in a process of its own, which nothing holds"
    _tell(held, [*urls, *inside], needs)
    if held.seal is None:
        _watch(held)
    return held


def _watch(held: Held) -> None:
    """Install the audit hook: until a command names its endpoints by `guard`, it may use this machine alone."""
    from controller.guard import audit
    from controller.guard.policy import EndpointPolicy

    held.audit = audit.enforce(EndpointPolicy(programs=held.programs))


def _parsed(given: Sequence[str], file: PolicyFile | None = None) -> list[LinkUrl]:
    if not given and (file is None or not file.urls):
        return []
    from controller.link.url import parse

    urls = [parse(url) for url in given]
    for url, line in file.urls if file else ():
        assert file is not None
        try:
            urls.append(parse(url))
        except UserError as error:
            what = f"invalid policy file: {error.where}: {error.what}"
            raise UserError(what, where=file.place(line), hint=error.hint) from None
    return urls


def _endpoints(urls: Sequence[LinkUrl]) -> list[Endpoint]:
    """Return the endpoints of links; the names of their hosts are looked up now, and no other. Raises LinkError."""
    if not urls:
        return []
    from controller.guard.opener import Endpoint, whole
    from controller.link.url import WITHOUT_ENDPOINT

    found = []
    for url in urls:
        if url.kind in WITHOUT_ENDPOINT:
            continue
        host = _address(url) if url.host else ""
        path = whole(url.path) if url.path else ""
        found.append(
            Endpoint(
                cast("EndpointKind", url.kind), host, url.port, path, url.baud if url.kind == "serial" else 0
            )
        )
    return found


def _address(url: LinkUrl) -> str:
    from controller.errors import LinkError
    from controller.guard.policy import is_loopback, parse_ip

    if parse_ip(url.host) is not None:
        return url.host
    if is_loopback(url.host):
        return "127.0.0.1"
    try:
        address = str(socket.getaddrinfo(url.host, url.port)[0][4][0])
    except OSError as error:
        raise LinkError(
            f"cannot find host {url.host}: {error.strerror}",
            where=str(url),
            hint="check the name, or use the numeric address",
        ) from None
    RULES.resolved[url.host.lower()] = address
    return address


def _seal(
    held: Held, needs: Needs, asked: Asked, endpoints: Sequence[Endpoint], file: PolicyFile | None
) -> None:
    """Seal the process, or note the reason why not. Raises SafetyRefused where it cannot be done."""
    if asked.seal == "not":
        held.reason = asked.reason
        return
    if needs.unsealed:
        raise SafetyRefused(f"{_CANNOT}{needs.unsealed}")
    if sys.platform != "linux":
        raise SafetyRefused(f"{_CANNOT}{sys.platform} has no mechanism that Landline can use")
    from controller.guard.data_folder import run_folder
    from controller.guard.opener import whole
    from controller.guard.seal.begin import SealRequest, begin

    # Nothing outside knows of a terminal in the folder of this run.
    own = [one for one in endpoints if one.path.startswith(f"{whole(str(run_folder()))}/")]
    others = tuple(one for one in endpoints if one not in own)
    unlimited = ""
    try:
        _grant(held, needs, file.folders if file else ())
    except SafetyRefused as error:
        if held.must or (own and held.temporary is None):
            raise
        unlimited = _reason(error)
    if not unlimited:
        for kept in (*(Path(one.path) for one in others if one.path), *([file.path] if file else ())):
            held.grants.refuse_change_of(kept)
    request = SealRequest(
        others,
        tuple(held.grants.paths),
        held.temporary,
        tuple(one.path for one in own),
        loopback=needs.script,
        unlimited=unlimited,
    )
    try:
        held.seal = begin(request)
    except OSError as error:
        raise _cannot(error) from None
    RULES.opener = held.seal.opener


def _grant(held: Held, needs: Needs, folders: Sequence[Path]) -> None:
    """Make and grant the folders that the run writes to. Raises SafetyRefused for one that cannot be granted."""
    from controller.guard.data_folder import cache_folder, data_folder, run_folder
    from controller.logs.flights.store import flights_folder

    grants, temporary = held.grants, run_folder()
    try:
        grants.own((data_folder(), cache_folder(), temporary.parent, *folders))
        grants.folder(flights_folder())  # a run without a flight leaves no folder for them
        temporary.mkdir(exist_ok=True, mode=0o700)
        held.temporary = temporary
        RULES.system_tmpdir = os.environ.get("TMPDIR", "")
        remove_old(temporary.parent)
        for folder in needs.folders:
            grants.folder(folder)
        for file in needs.files:
            grants.file(file)
    except OSError as error:
        raise _cannot(error) from None


def _cannot(error: OSError) -> SafetyRefused:
    where = f"{error.filename}: " if error.filename else ""
    return SafetyRefused(f"{_CANNOT}{where}{error.strerror or error}")


def _reason(error: SafetyRefused) -> str:
    return error.what.removeprefix(_CANNOT)


def _tell(held: Held, urls: Sequence[LinkUrl], needs: Needs) -> None:
    """Print the policy of a run with endpoints, and keep it for the flight's record."""
    from controller.guard.account import holders

    names = [*map(str, urls), *map(str, needs.listens)]
    if held.seal is None:
        how = f"process only: {held.reason}"
    else:
        how = f"sealed by the kernel: {'; '.join(holders(held.seal.mechanisms.all))}"
    RULES.described = {
        "endpoints": names,
        "programs": sorted({*needs.programs, *held.programs}),
        "seal": "process only" if held.seal is None else "kernel",
        "how": how,
    }
    if names or needs.script:
        may = ", ".join(names) or "no endpoint"
        write(f"may use: {may}; nothing else; {how}\n", sys.stderr)


def finish(code: int) -> None:
    """End the run: write its account, remove its temporary files. Never raises."""
    held, PROCESS.held = PROCESS.held, None
    if held is None:
        return
    from controller.cli.run_evidence import write_evidence

    write_evidence(
        held.start,
        held.seal,
        held.reason,
        held.audit.record if held.audit else None,
        links=held.links,
        code=code,
    )
    held.clean()
