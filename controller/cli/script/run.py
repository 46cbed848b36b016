"""Runs `landline run`: the router and the record in this process, the operator's script in one beside it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from controller.app.recording import check_recordable, record_link_counters, start_record
from controller.cli import sealing
from controller.cli.common import Output, guard, on_interrupt, run
from controller.cli.script.child import Child
from controller.cli.script.watched import WatchedAircraft
from controller.cli.simulated import simulated_aircraft
from controller.clock import SystemClock
from controller.errors import LinkError, UserError
from controller.guard.opener import DirectOpener
from controller.guard.policy import EndpointPolicy, is_loopback
from controller.guard.process import RULES
from controller.guard.run_account import without_secrets
from controller.link.open import open_link
from controller.link.url import LinkUrl, parse
from controller.logs.flights import store
from controller.logs.record.recorder import FlightRecorder
from controller.router.endpoint import LinkEndpoint
from controller.router.hub import Hub, LinkChange

if TYPE_CHECKING:
    from hil.geodesy import Home

# The other side of the link that is served, as DroneKit, pymavlink and Landline spell it.
OTHER_SIDE = {"tcpin": "tcp", "udpin": "udpout", "udpout": "udpin"}
# A link that is down for this long is lost; a serial port or a TCP connection may come back before.
LOST_S = 5.0
PLACE = "@link"


@dataclass(frozen=True, slots=True)
class ScriptOptions:
    """Options of the command line; `sim` is the airframe of a simulated aircraft, `serve` the script's link."""

    script: Path
    words: tuple[str, ...]
    links: tuple[str, ...]
    sim: str | None
    autopilot: str
    seed: int
    serve: str


def run_script(options: ScriptOptions, output: Output) -> int:
    """Run the script to its end; return its exit code. Raises UserError, LinkError, EndpointRefused."""
    digest = _sha256(options.script)
    served = _served(options.serve)
    home = None
    if options.sim is not None:
        from hil.sim.prepare import prepare
        from hil.sim.vehicle import DEFAULT_HOME

        home = DEFAULT_HOME
        prepare(options.sim, home, output.note)
    policy, _ = guard(options.links, programs=[Path(sys.executable).name])
    ran = {"path": str(options.script), "sha256": digest, "changed_during_run": False}
    RULES.scripts.append(ran)
    try:
        return run(_ScriptRun(options, output, policy, served, digest, home).run())
    finally:
        ran["changed_during_run"] = _sha256(options.script, missing="") != digest


def _sha256(script: Path, *, missing: str | None = None) -> str:
    try:
        with script.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        if missing is not None:
            return missing
        raise UserError(
            f"cannot read the script: {error.strerror}", where=str(script), hint="check the path"
        ) from None


def _served(text: str) -> LinkUrl:
    url = parse(text)
    if url.kind not in OTHER_SIDE or not is_loopback(url.host):
        raise UserError(
            "cannot serve the script there: it is no loopback link",
            where=f"--serve {text}",
            hint="use tcpin, udpin or udpout with 127.0.0.1",
        )
    return url


@dataclass
class _ScriptRun:
    options: ScriptOptions
    output: Output
    policy: EndpointPolicy
    served: LinkUrl
    digest: str
    home: Home | None
    outcome: str = "ended"

    async def run(self) -> int:
        clock, options = SystemClock(), self.options
        flights = store.flights_folder()
        check_recordable(flights)
        # The script's link is in the loopback of the run, never outside with the broker.
        inside = replace(self.policy, opener=DirectOpener())
        async with AsyncExitStack() as stack:
            links = [
                await stack.enter_async_context(open_link(url, policy=self.policy, clock=clock))
                for url in options.links
            ]
            opened = await stack.enter_async_context(AsyncExitStack())
            beside = await opened.enter_async_context(open_link(self.served, policy=inside, clock=clock))
            name = Path(options.sim).stem if options.sim else "aircraft"
            recorder = start_record(flights, vehicle=name, clock=clock, on_problem=self.output.note)
            hub = Hub(clock=clock)
            watched = WatchedAircraft(hub, clock)
            stack.callback(lambda: self._end_record(recorder, watched))
            hub.tap(recorder.frames)
            await stack.enter_async_context(hub)
            if options.sim is not None:
                assert self.home is not None
                await stack.enter_async_context(
                    simulated_aircraft(
                        hub.add,
                        options.sim,
                        options.autopilot,
                        home=self.home,
                        seed=options.seed,
                        clock=clock,
                    )
                )
            for url, link in zip(options.links, links, strict=True):
                await hub.add(link, name=url)
            watch = _LinkWatch(hub, recorder)
            end = await hub.add(beside, name="script")
            await opened.aclose()  # from here on the hub alone keeps it open
            recorder.before_close.append(lambda: record_link_counters(recorder, [*watch.links, end]))
            address = beside.info.ready_url.partition(":")[2].partition("?")[0]
            return await self._run_script(
                f"{OTHER_SIDE[self.served.kind]}:{address}", hub, end, watch, recorder
            )

    async def _run_script(
        self, link: str, hub: Hub, end: LinkEndpoint, watch: _LinkWatch, recorder: FlightRecorder
    ) -> int:
        words = [word.replace(PLACE, link) for word in self.options.words]
        recorder.event(
            "note", name="script", path=str(self.options.script), sha256=self.digest,
            words=without_secrets(words), link=link,
        )  # fmt: skip
        self.output.emit("ready", links=list(self.options.links), web=None, pid=os.getpid(), script_link=link)
        child = Child(self.options.script, words, link, sys.stderr if self.output.json else None)
        try:
            with self._interrupted(child):
                await self._ended(child, watch)
            if not child.ended.done():
                self.outcome = "lost"
                await hub.remove(end)  # tells the script
                await child.end()
                raise LinkError(f"the link was lost: {watch.why}", hint="the script's connection was closed")
            return child.exit_code
        except asyncio.CancelledError:
            # A signal, or the end of the broker.
            self.outcome = "interrupted"
            if _broker_ended():
                self.outcome = "lost"
                await hub.remove(end)
                await child.end()
            else:
                child.terminate()
                await self._ended(child, watch)
            raise
        finally:
            child.kill()
            await asyncio.wait({child.ended})
            recorder.event("note", name="script ended", exit_code=child.exit_code)
            self._tell(child.exit_code, recorder)

    async def _ended(self, child: Child, watch: _LinkWatch) -> None:
        """Wait until the script has ended or the link is lost."""
        lost = asyncio.ensure_future(watch.lost.wait())
        try:
            await asyncio.wait({child.ended, lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost.cancel()

    @contextmanager
    def _interrupted(self, child: Child) -> Iterator[None]:
        """Leave Ctrl-C to the script, which may have an aircraft to land; a second one ends it at once."""

        def interrupt() -> None:
            if self.outcome == "interrupted":
                child.kill()
                return
            self.outcome = "interrupted"
            self.output.note("landline: waiting for the script to end; Ctrl-C again ends it at once")
            child.interrupt()

        with on_interrupt(interrupt):
            yield

    def _tell(self, code: int, recorder: FlightRecorder) -> None:
        self.output.emit(
            "summary",
            outcome=self.outcome,
            exit_code=code,
            flight=str(recorder.folder),
            script_sha256=self.digest,
        )

    def _end_record(self, recorder: FlightRecorder, watched: WatchedAircraft) -> None:
        left = watched.left()
        recorder.close(outcome="watched", left=left)
        self.output.note(f"landline: aircraft: {left}; record: {recorder.folder}")


def _broker_ended() -> bool:
    held = sealing.PROCESS.held
    return held is not None and held.seal is not None and held.seal.broker_ended


class _LinkWatch:
    """Records the changes of the links to the aircraft; `lost` is set when all are down for some seconds."""

    def __init__(self, hub: Hub, recorder: FlightRecorder) -> None:
        self.links = list(hub.links)
        self.lost = asyncio.Event()
        self.why = ""
        self._recorder = recorder
        self._timer: asyncio.TimerHandle | None = None
        hub.watch(self._changed)

    def _changed(self, change: LinkChange) -> None:
        self._recorder.event("link", name=change.endpoint.name, up=change.up, why=change.why)
        if change.endpoint not in self.links:
            return
        if self._timer is not None:
            self._timer.cancel()
        if not any(link.up for link in self.links):
            self.why = change.why
            self._timer = asyncio.get_running_loop().call_later(LOST_S, self.lost.set)
