"""Begins the run of a command: works out what it may use, seals it by the kernel where that is asked, and says so.

Only for a process that was started as `landline ...`: it cannot be undone.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from controller.cli.grants import Grants, remove_old
from controller.cli.need import Needs
from controller.cli.needs import needs_of
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

# What a run without an option is: "on" seals it wherever the kernel can.
DEFAULT: Literal["on", "off"] = "off"
POLICY_FILE = "policy.toml"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line and the environment ask. `reason` is why a run is not to be sealed."""

    seal: Literal["must", "may", "not"]
    reason: str = ""
    policy: Path | None = None


@dataclass(slots=True)
class Held:
    """A run that has begun: how it is held, and what the policy file adds to its policy."""

    start: RunStart
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


@dataclass(slots=True)
class _Process:
    """The run of this process: `asked` is None where none may begin, as in a test."""

    asked: Asked | None = None
    words: Sequence[str] = ()
    held: Held | None = None


PROCESS = _Process()


def take_options(
    words: Sequence[str], environment: Mapping[str, str] = os.environ
) -> tuple[list[str], Asked]:
    """Return the words without --sealed, --unsealed and --policy FILE, and what they ask.

    They may stand anywhere before "--": what follows are the words of a script. Raises UserError.
    """
    rest: list[str] = []
    found: set[str] = set()
    policy: Path | None = None
    left = iter(words)
    for word in left:
        if word == "--":
            rest += [word, *left]
        elif word in ("--sealed", "--unsealed"):
            found.add(word)
        elif word == "--policy" or word.startswith("--policy="):
            name = word.removeprefix("--policy=") if "=" in word else next(left, "")
            if not name:
                raise UserError("cannot read the policy: no file given", where="--policy", hint="give a file")
            policy = Path(name)
        else:
            rest.append(word)
    if len(found) > 1:
        raise UserError("cannot both seal and not seal the run: give --sealed or --unsealed")
    if found:
        return rest, Asked("must", "", policy) if "--sealed" in found else Asked(
            "not", "--unsealed was given", policy
        )
    setting = environment.get("LANDLINE_SEAL", "")
    match setting:
        case "must":
            return rest, Asked("must", "", policy)
        case "1":
            return rest, Asked("may", "", policy)
        case "0":
            return rest, Asked("not", "LANDLINE_SEAL is 0", policy)
        case "":
            chosen = (
                Asked("may", "", policy)
                if DEFAULT == "on"
                else Asked("not", "--sealed was not given", policy)
            )
            return rest, chosen
    raise UserError(f"invalid value '{setting}'", where="LANDLINE_SEAL", hint="use 0, 1 or must")


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
    held = Held(RunStart.now(PROCESS.words), links=len(endpoints))
    if file is not None:
        held.targets, held.programs = tuple(url.target for url in urls), frozenset(file.programs)
    try:
        _seal(held, needs, asked, (*endpoints, *_endpoints(inside)), file)
    except SafetyRefused as error:
        if asked.seal == "must":
            raise
        held.reason = error.what.removeprefix("cannot seal the run: ")
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
        raise SafetyRefused(f"cannot seal the run: {needs.unsealed}")
    if sys.platform != "linux":
        raise SafetyRefused(f"cannot seal the run: {sys.platform} has no mechanism that Landline can use")
    from controller.guard.data_folder import cache_folder, data_folder, run_folder
    from controller.guard.opener import whole
    from controller.guard.seal.begin import SealRequest, begin
    from controller.logs.flights.store import flights_folder

    held.temporary = temporary = run_folder()
    # Nothing outside knows of a terminal in the folder of this run.
    own = [one for one in endpoints if one.path.startswith(f"{whole(str(temporary))}/")]
    others = tuple(one for one in endpoints if one not in own)
    try:
        folders = file.folders if file else ()
        held.grants.own((data_folder(), cache_folder(), flights_folder(), temporary.parent, *folders))
        for folder in needs.folders:
            held.grants.folder(folder)
        for written in needs.files:
            held.grants.file(written)
        for kept in (*(Path(one.path) for one in others if one.path), *([file.path] if file else ())):
            held.grants.refuse_change_of(kept)
        remove_old(temporary.parent)
        writes = tuple(held.grants.paths)
        terminals = tuple(one.path for one in own)
        held.seal = begin(SealRequest(others, writes, temporary, terminals, needs.script))
    except OSError as error:
        held.grants.clean()
        where = f"{error.filename}: " if error.filename else ""
        raise SafetyRefused(f"cannot seal the run: {where}{error.strerror or error}") from None
    except BaseException:
        held.grants.clean()
        raise
    RULES.opener = held.seal.opener


_MECHANISMS = {"namespaces": "network namespace", "landlock": "Landlock"}


def _tell(held: Held, urls: Sequence[LinkUrl], needs: Needs) -> None:
    """Print the policy of a run with endpoints, and keep it for the flight's record."""
    names = [*map(str, urls), *map(str, needs.listens)]
    if held.seal is None:
        how, missing = f"process only: {held.reason}", []
    else:
        active = [one for one in held.seal.mechanisms.all if one.active]
        missing = [str(one) for one in held.seal.mechanisms.all if not one.active]
        how = f"sealed by the kernel: {', '.join(_MECHANISMS.get(one.name, one.name) for one in active)}"
    RULES.described = {
        "endpoints": names,
        "programs": sorted({*needs.programs, *held.programs}),
        "seal": "process only" if held.seal is None else "kernel",
        "how": "; ".join([how, *missing]),
    }
    if names or needs.script:
        may = ", ".join(names) or "no endpoint"
        write(f"may use: {may}; nothing else; {'; '.join([how, *missing])}\n", sys.stderr)


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
    held.grants.clean()
    if held.temporary is not None:
        with suppress(OSError):
            shutil.rmtree(held.temporary, ignore_errors=True)
