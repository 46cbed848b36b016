"""The flight procedure: from open links to a summary.

    async with Station(clock=clock, recorder=recorder) as station:
        await station.open(url, policy=policy)
        async for event in fly(plan, station, FlyOptions(), recorder=recorder):
            ...                                   # the last event is the Summary

It ends in finite time whatever the aircraft does, and always with a summary; what went wrong is `summary.error`. Nothing is
sent that the procedure or its options do not ask for: when somebody else takes the aircraft over, when the link is lost and
when the operator leaves, it says how the aircraft is left.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from controller.app import preflight
from controller.app.events import (
    Checked,
    FlyEvent,
    Item,
    LinkChange,
    Mode,
    Note,
    Phase,
    Sample,
    Summary,
    Transfer,
    Waiting,
    Words,
)
from controller.app.flight_statistics import Tally
from controller.app.fly_options import FlyOptions, OnLeave
from controller.app.journal import write_event
from controller.app.station import Station
from controller.errors import AircraftRefused, LandlineError, LinkError
from controller.logs.record.recorder import FlightRecorder
from controller.missions.checks.findings import Severity, refuse_errors
from controller.missions.estimate import FlightEstimate
from controller.missions.files import text_for
from controller.missions.plan import Plan
from controller.protocol.state_machine import Progress
from controller.vehicle.identity import Trouble
from controller.vehicle.item_progress import distance_m
from controller.vehicle.mission_events import following
from controller.vehicle.mission_monitor import (
    Ended,
    Event,
    Follower,
    FollowLimits,
    LinkState,
    ModeChanged,
    Outcome,
    Stepped,
)
from controller.vehicle.state import VehicleState, new_texts
from controller.vehicle.steps import ArmRefused
from controller.vehicle.vehicle import Vehicle
from controller.wire.message import Message

PHASES = ("connect", "identify", "parameters", "ready", "check", "upload", "start", "fly", "end")

_SAMPLE_S = 1.0
_LEAVE_S = 10.0
_HOME_M, _AT_REST_M_S = 5.0, 0.5  # of what drives: home again, and standing


async def fly(
    plan: Plan,
    station: Station,
    options: FlyOptions | None = None,
    *,
    recorder: FlightRecorder | None = None,
) -> AsyncIterator[FlyEvent]:
    """Fly `plan` with the aircraft on the station's links; ends with a Summary, raises only what is our own bug.

    Whoever stops iterating, or cancels, leaves the flight: see `Flight.leave`.
    """
    flight = Flight(plan, station, options or FlyOptions(), recorder=recorder)
    told: deque[FlyEvent] = deque()
    news = asyncio.Event()

    def tell(event: FlyEvent) -> None:
        told.append(event)
        news.set()

    running = asyncio.ensure_future(flight.run(tell))
    running.add_done_callback(lambda _: news.set())
    try:
        while not running.done() or told:
            while told:
                yield told.popleft()
            if not running.done():
                news.clear()
                await news.wait()
        running.result()
    finally:
        if not running.done():
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


class Flight:
    """One run of the procedure. `summary` may be asked at any time: of a flight that goes on it says how things stand.

    `left_how` says what was sent to the aircraft when the operator broke off, and whether it took it.
    """

    def __init__(
        self,
        plan: Plan,
        station: Station,
        options: FlyOptions,
        *,
        recorder: FlightRecorder | None = None,
    ) -> None:
        self.vehicle: Vehicle | None = None
        self.left_how = "nothing was sent to it"
        self._plan = plan
        self._station = station
        self._options = options
        self._recorder = recorder
        self._clock = station.clock
        self._tally = Tally()
        self._follower: Follower | None = None
        self._findings: list[str] = []
        self._began = 0.0
        self._listener: Callable[[FlyEvent], None] = lambda event: None  # noqa: ARG005
        self._last_sample_s = -_SAMPLE_S
        self._ended: Ended | None = None

    async def run(self, listener: Callable[[FlyEvent], None]) -> Summary:
        """The whole procedure. Cancelled, it does what `options.on_leave` says, and no more."""
        self._began = self._clock.now()
        self._listener = listener
        stops: list[Callable[[], None]] = []
        error: LandlineError | None = None
        try:
            await self._procedure(stops)
        except LandlineError as failed:
            error = failed
        except asyncio.CancelledError:
            await self.leave()
            raise
        finally:
            for stop in stops:
                stop()
            self._tally.end(self._clock.now())
        summary = self.summary(error)
        self._tell(summary)
        return summary

    async def _procedure(self, stops: list[Callable[[], None]]) -> None:
        options = self._options
        links = ", ".join(link.name for link in self._station.hub.links)
        self._phase("connect", f"waiting for an aircraft on {links or 'no link'}")
        vehicle = await self._station.vehicle(options.system, timeout_s=options.heartbeat_within_s)
        self.vehicle = vehicle
        stops += [vehicle.watch(self._hear), vehicle.watch_trouble(self._trouble)]
        await self._identify(vehicle)
        preflight.refuse_if_flying(vehicle.state)
        await self._parameters(vehicle)
        self._phase("ready", "waiting until the aircraft is ready to arm")
        await preflight.wait_ready(vehicle, options, lambda reasons: self._tell(Waiting(self._t(), reasons)))
        flown = self._check(vehicle)
        await self._upload(vehicle)
        preflight.refuse_if_flying(vehicle.state)
        await self._fly(vehicle, flown)

    async def _identify(self, vehicle: Vehicle) -> None:
        version = await vehicle.introduce()
        name = f"{vehicle} {version.version}" if version else str(vehicle)
        self._phase("identify", name)
        missed = await vehicle.ask_streams(share=self._options.stream_share)
        if missed:
            self._find(f"the aircraft does not send {', '.join(missed)} at the rate asked for")

    async def _parameters(self, vehicle: Vehicle) -> None:
        options = self._options
        serial = any(link.link.info.kind == "serial" for link in self._station.hub.links)
        if options.params == "none" or (options.params == "auto" and serial):
            return
        self._phase("parameters", "reading the parameters")
        try:
            async with asyncio.timeout(options.params_within_s if options.params == "auto" else None):
                values = await vehicle.params.list(progress=self._transfer("parameters"))
        except (TimeoutError, LinkError):
            if options.params == "all":
                raise
            self._find("the parameters could not be read in time and are not in the record")
            return
        if self._recorder is not None:
            self._recorder.params({name: value.value for name, value in values.items()})

    def _check(self, vehicle: Vehicle) -> FlightEstimate:
        self._phase("check", "checking the plan")
        found, flown = preflight.check_plan(self._plan, vehicle, self._options)
        self._tell(Checked(self._t(), tuple(found)))
        self._findings += [str(finding) for finding in found if finding.severity is not Severity.NOTE]
        refuse_errors(found, where=self._plan.path)
        return flown

    async def _upload(self, vehicle: Vehicle) -> None:
        self._phase("upload", f"sending {len(self._plan.items)} items and reading them back")
        uploaded = await vehicle.mission.upload(self._plan, progress=self._transfer("mission"))
        self._findings += uploaded.notes
        for note in uploaded.notes:
            self._tell(Note(self._t(), note))
        if self._recorder is not None:
            source = self._plan.source
            same = source is not None and source.format == "plan"
            self._recorder.mission(source.text if source and same else text_for(self._plan, "mission.plan"))

    async def _fly(self, vehicle: Vehicle, flown: FlightEstimate) -> None:
        limits = self._options.follow or FollowLimits(flight_s=3 * flown.duration_s + 600)
        follower = self._follower = Follower(vehicle.autopilot, vehicle.mission.items or (), limits)
        async with following(vehicle, follower) as events:
            await self._start(vehicle)
            follower.restart_clock(self._clock.now())
            self._phase("fly", "the mission is flown")
            async for event in events:
                self._followed(event)
        ended = follower.ended
        assert ended is not None
        self._ended = ended
        if ended.outcome is Outcome.LOST:
            raise LinkError(ended.why, hint="the aircraft's own failsafe decides what it does now")
        if ended.outcome is Outcome.ABORTED:
            raise AircraftRefused(
                f"the mission was not flown to its end: {ended.why}", hint=f"the aircraft is {ended.left}"
            )
        await self._after_end(vehicle)

    async def _start(self, vehicle: Vehicle) -> None:
        self._phase("start", "arming and starting the mission")
        for last in (False,) * (self._options.arm_tries - 1) + (True,):
            try:
                await vehicle.mission.start()
                return
            except ArmRefused as refused:
                if last:
                    raise
                self._tell(Waiting(self._t(), refused.reasons))
                await asyncio.sleep(self._options.arm_again_s)
            except AircraftRefused:
                # Armed by us, and it will not go: not left standing with its motors on.
                if vehicle.state.armed and vehicle.state.in_air is False:
                    await vehicle.disarm()
                raise

    async def _after_end(self, vehicle: Vehicle) -> None:
        if not vehicle.state.armed:
            return
        options = self._options
        if options.at_end == "nothing":
            self._find(
                f"the mission ended and the aircraft is {vehicle.state.describe()}; nothing more is commanded"
            )
            return
        word = "returning home" if options.at_end == "return" else "landing"
        self._phase("end", f"{word}, as asked for the end")
        await (vehicle.return_home() if options.at_end == "return" else vehicle.land())
        if not await vehicle.wait(_is_back, options.land_within_s):
            raise AircraftRefused(
                f"{word}: not landed and disarmed within {options.land_within_s:g} s",
                hint=f"the aircraft is {vehicle.state.describe()}",
            )

    async def leave(self) -> None:
        """The operator breaks off. Sends what `options.on_leave` says, if the aircraft flies or drives; nothing by default.

        One that we armed and that still stands is disarmed instead: it would take off when nobody watches it any more.
        """
        vehicle, wanted = self.vehicle, self._options.on_leave
        if vehicle is None or wanted == "nothing":
            return
        under_way, follower = vehicle.state.under_way, self._follower
        if under_way is None or (follower is not None and follower.taken_over):
            return
        if not under_way and (follower is None or not vehicle.state.armed):
            return
        leaving = asyncio.ensure_future(self._send_on_leave(vehicle, wanted, standing=not under_way))
        while not leaving.done():
            # Whoever wishes us gone once more waits for the little that is left to do.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({leaving})
        leaving.result()

    async def _send_on_leave(self, vehicle: Vehicle, wanted: OnLeave, *, standing: bool) -> None:
        if standing:
            try:
                async with asyncio.timeout(_LEAVE_S):
                    await vehicle.disarm()
            except (LandlineError, TimeoutError):
                pass  # it takes off
            else:
                self._tell_how_left("disarming was asked of it, and done")
                return
        try:
            async with asyncio.timeout(_LEAVE_S):
                await (vehicle.return_home() if wanted == "return" else vehicle.pause())
        except (LandlineError, TimeoutError) as failed:
            self._tell_how_left(f"{wanted} was asked of it, but not taken: {failed}")
        else:
            self._tell_how_left(f"{wanted} was asked of it, and taken")

    def _tell_how_left(self, how: str) -> None:
        self.left_how = how
        self._find(f"left on the operator's wish: {how}")

    def summary(self, error: LandlineError | None = None) -> Summary:
        """How the flight ended, or stands."""
        follower, vehicle = self._follower, self.vehicle
        tracker = follower.tracker if follower else None
        flew = follower is not None and follower.started
        if error is None:
            outcome = "completed" if self._ended and self._ended.outcome is Outcome.COMPLETED else "aborted"
        elif self._ended is not None:
            outcome = "aborted" if self._ended.outcome is Outcome.COMPLETED else self._ended.outcome.value
        elif isinstance(error, LinkError):
            outcome = "lost"
        else:
            outcome = "aborted" if flew else "refused"
        if error is not None:
            why = error.what
        else:
            why = self._ended.why if self._ended else "broken off by the operator"
        findings = self._findings + (follower.findings if follower else [])
        if tracker and flew:
            findings += [f"item {number}: passed over by the aircraft" for number in tracker.skipped]
            passed = set(tracker.skipped)
            findings += [f"item {number}: not reached" for number in tracker.missed if number not in passed]
        return Summary(
            t_s=self._t(),
            outcome=outcome,
            why=why,
            left=self._left(),
            items=len(self._plan.items),
            items_reached=tuple(sorted(tracker.reached)) if tracker else (),
            items_missed=tracker.missed if tracker and flew else (),
            max_alt_m=round(self._tally.max_alt_m, 2),
            distance_m=round(self._tally.distance_m, 1),
            flight_time_s=round(self._tally.flight_time_s, 3),
            frames_lost=self._station.frames_lost if vehicle else 0,
            findings=tuple(dict.fromkeys(findings)),
            error=error,
        )

    def _left(self) -> str:
        if self.vehicle is None:
            return "no aircraft was found"
        state = self.vehicle.state
        silent_s = self.vehicle.silent_s
        words = state.describe()
        return f"last heard {silent_s:.0f} s ago: {words}" if silent_s > 5 else words

    # Telling

    def _t(self) -> float:
        return round(self._clock.now() - self._began, 6)

    def _tell(self, event: FlyEvent) -> None:
        if self._recorder is not None:
            write_event(self._recorder, event)
        self._listener(event)

    def _phase(self, name: str, text: str) -> None:
        self._tell(Phase(self._t(), name, text))

    def _find(self, text: str) -> None:
        self._findings.append(text)
        self._tell(Note(self._t(), text, warning=True))

    def _transfer(self, what: str) -> Callable[[Progress], None]:
        return lambda progress: self._tell(
            Transfer(self._t(), progress.text or what, progress.done, progress.total)
        )

    def _followed(self, event: Event) -> None:
        t_s = self._t()
        match event:
            case Stepped(number, total, reached):
                self._tell(Item(t_s, number, total, reached))
            case ModeChanged(mode, by_mission):
                self._tell(Mode(t_s, mode, by_mission))
                if not by_mission and self._follower is not None and self._follower.taken_over:
                    self._tell(
                        Note(t_s, f"mode {mode} was not our doing; nothing more is commanded", warning=True)
                    )
            case LinkState(up, silent_s):
                self._tell(LinkChange(t_s, up, silent_s))

    def _hear(self, message: Message, before: VehicleState, after: VehicleState) -> None:
        now = self._clock.now()
        if after.texts is not before.texts:
            for text in new_texts(before, after):
                self._tell(Words(self._t(), text.severity, text.text))
        if message.name not in ("GLOBAL_POSITION_INT", "HEARTBEAT"):
            return
        if self._follower is not None:
            self._tally.add(after, now)
        if now - self._last_sample_s >= _SAMPLE_S:
            self._last_sample_s = now
            self._tell(Sample(self._t(), replace(after)))

    def _trouble(self, trouble: Trouble) -> None:
        self._find(trouble.what)


def _is_back(state: VehicleState) -> bool:
    """Whether a return or a landing is over; what drives stays armed at home."""
    if not state.armed:
        return True
    if not state.drives or state.position is None or state.home is None:
        return False
    here = state.position
    away_m = distance_m((here.lat_deg, here.lon_deg), (state.home.lat_deg, state.home.lon_deg))
    return away_m < _HOME_M and here.ground_speed_m_s < _AT_REST_M_S
