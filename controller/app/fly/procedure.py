"""The fly procedure: from open links to a summary.

    async with Station(clock=clock, recorder=recorder) as station:
        await station.open(url, policy=policy)
        async for event in fly(plan, station, FlyOptions(), recorder=recorder):
            ...                                   # the last event is the FlySummary

It ends in finite time whatever the aircraft does, and always with a summary; the error that ended it is
`summary.error`. It sends only the commands that the procedure and its options name. When another operator takes
over, when the link is lost, and when the operator leaves, the summary describes the state in which the aircraft
is left.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from controller.app import discovery
from controller.app.fly import preflight, preparation
from controller.app.fly.arming import start_mission
from controller.app.fly.ending import end_flight
from controller.app.fly.events import (
    ArmReadiness,
    FlyEvent,
    FlySummary,
    MissionUpdate,
    OperatorNote,
    StateSample,
    StatusTextReceived,
)
from controller.app.fly.leave import NOTHING_SENT, leave_aircraft
from controller.app.fly.options import FlyOptions
from controller.app.fly.plan_check import check_battery, read_checked_parameters
from controller.app.fly.reporter import Reporter
from controller.app.fly.sampler import Sampler
from controller.app.fly.statistics import FlightStatistics
from controller.app.fly.summary import BY_OPERATOR, crash_error, summarize
from controller.app.station import Station
from controller.errors import AircraftRefused, LandlineError, LinkError
from controller.logs.record.recorder import FlightRecorder
from controller.logs.review.crash_watch import CrashWatch
from controller.missions.checks.findings import refuse_errors
from controller.missions.estimate import FlightEstimate
from controller.missions.onboard import OnboardMission
from controller.missions.plan import Plan
from controller.protocol.announcements import AUTOPILOT
from controller.vehicle.identity import IdentityProblem
from controller.vehicle.mission_events import mission_events
from controller.vehicle.mission_monitor import MissionMonitor
from controller.vehicle.monitoring.event_words import read_event_words
from controller.vehicle.monitoring.events import (
    FailsafeReported,
    FlightOutcome,
    ItemUpdate,
    ItemWaits,
    MissionEnded,
    ModeChanged,
    MonitorEvent,
    MonitorLimits,
    TelemetryLink,
)
from controller.vehicle.state import ReceivedText, VehicleState
from controller.vehicle.vehicle import Vehicle
from controller.wire.message import Message

if TYPE_CHECKING:
    from controller.logs.review.crash import Crash

_HIGH_M, _FALL_S = 3.0, 4.0
Command = Literal["hold", "return", "land"]


async def fly(
    plan: Plan,
    station: Station,
    options: FlyOptions | None = None,
    *,
    recorder: FlightRecorder | None = None,
) -> AsyncIterator[FlyEvent]:
    """Fly `plan` with the aircraft on the station's links and yield the events; the last one is the FlySummary.

    Failures are in the summary and not raised. Stopping the iteration, or cancelling, leaves the flight as
    `options.on_leave` says.
    """
    procedure = FlyProcedure(plan, station, options or FlyOptions(), recorder=recorder)
    queue: deque[FlyEvent] = deque()
    arrived = asyncio.Event()

    def on_event(event: FlyEvent) -> None:
        queue.append(event)
        arrived.set()

    running = asyncio.ensure_future(procedure.run(on_event))
    running.add_done_callback(lambda _: arrived.set())
    try:
        while not running.done() or queue:
            while queue:
                yield queue.popleft()
            if not running.done():
                arrived.clear()
                await arrived.wait()
        running.result()
    finally:
        if not running.done():
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


class FlyProcedure:
    """One run of the procedure.

    `summary()` may be called at any time; during the flight it describes the state so far. `left_how` describes
    the command sent when the operator broke off, and whether the aircraft accepted it.
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
        self.left_how = NOTHING_SENT
        self._plan = plan
        self._station = station
        self._options = options
        self._recorder = recorder
        self._clock = station.clock
        self._statistics = FlightStatistics()
        self._crash_watch: CrashWatch | None = None
        self._monitor: MissionMonitor | None = None
        self._ended: MissionEnded | None = None
        self._interrupted = ""
        self._report = Reporter(self._now_s, recorder)
        self._sampler = Sampler(station, self._emit_sample)

    async def run(self, on_event: Callable[[FlyEvent], None]) -> FlySummary:
        """Run the whole procedure and call `on_event` for each event; when cancelled, do what
        `options.on_leave` says.
        """
        self._report.begin(on_event)
        if self._recorder is not None:
            self._recorder.on_problem = self._report.record_problem
        stops: list[Callable[[], None]] = []
        error: LandlineError | None = None
        try:
            await self._procedure(stops)
        except LandlineError as failed:
            crash = self._crash()
            error = failed if crash is None else crash_error(crash)
        except asyncio.CancelledError as cancelled:
            # The operator, or the end of the process that hosts the autopilot, which gives its reason.
            self._interrupted = str(cancelled.args[0]) if cancelled.args else BY_OPERATOR
            await self._leave()
            self._report.emit(self.summary())
            raise
        except Exception as bug:
            self._interrupted = f"Landline failed: {type(bug).__name__}: {bug}"
            self._report.emit(self.summary())
            raise
        finally:
            for stop in stops:
                stop()
            self._sampler.stop()
        summary = self.summary(error)
        self._report.emit(summary)
        return summary

    def summary(self, error: LandlineError | None = None) -> FlySummary:
        """Return the summary of the flight, finished or in progress."""
        return summarize(
            t_s=self._report.t_s(),
            plan=self._plan,
            vehicle=self.vehicle,
            monitor=self._monitor,
            ended=self._ended,
            statistics=self._statistics,
            findings=self._report.findings,
            frames_lost=self._station.frames_lost if self.vehicle else 0,
            error=error,
            crash=self._crash(),
            interrupted=self._interrupted,
        )

    def _crash(self) -> Crash | None:
        """The crash of the aircraft, if it crashed."""
        if self.vehicle is None or self._crash_watch is None:
            return None
        return self._crash_watch.crash(self.vehicle.aircraft_now_s)

    # Phases

    async def _procedure(self, stops: list[Callable[[], None]]) -> None:
        options = self._options
        links = discovery.links_text(self._station.hub.links)
        stops.append(self._station.watch_box_texts(self._on_text))
        self._report.phase("connect", f"waiting for an aircraft on {links}")
        vehicle = await self._station.vehicle(
            options.system, timeout_s=options.heartbeat_within_s, on_waiting=self._report.note
        )
        self.vehicle = vehicle
        self._sampler.start()
        if vehicle.state.heartbeat is not None:
            self._crash_watch = CrashWatch(vehicle.state.heartbeat.mav_type)
        stops += [vehicle.watch(self._receive), vehicle.watch_texts(self._on_text)]
        stops.append(vehicle.watch_identity(self._on_identity_problem))
        stops.append(vehicle.mission.watch_changes(self._report.warn))
        stops.append(vehicle.named_addresses.watch(self._report.note))
        await preparation.identify(vehicle, options, self._report)
        preflight.refuse_if_flying(vehicle.state)
        if not self._station.is_slow:
            await read_event_words(vehicle)
        await preparation.read_parameters(
            vehicle, options, self._report, self._recorder, slow=self._station.is_slow
        )
        await read_checked_parameters(vehicle)
        self._report.phase("ready", "waiting until the aircraft is ready to arm")
        began_s = self._clock.now()
        ready_until_s = began_s + options.ready_within_s

        def tell(reasons: tuple[str, ...]) -> None:
            self._report.emit(ArmReadiness(self._report.t_s(), reasons))

        # The mission on board may be what keeps the aircraft from being ready: it is replaced as soon as home is known.
        await preflight.wait_ready(vehicle, options, tell, began_s=began_s, home_suffices=True)
        estimate = preparation.check(self._plan, vehicle, options, self._report)
        mission = await preparation.upload(self._plan, vehicle, options, self._report, self._recorder)
        await preflight.wait_ready(vehicle, options, tell, began_s=began_s)
        refuse_errors(check_battery(vehicle.state, options), where=self._plan.path)
        preflight.refuse_if_flying(vehicle.state)
        preflight.refuse_unrecorded(self._recorder)
        await self._fly(vehicle, mission, estimate, ready_until_s)

    async def _fly(
        self, vehicle: Vehicle, mission: OnboardMission, estimate: FlightEstimate, ready_until_s: float
    ) -> None:
        limits = self._options.monitor or MonitorLimits(flight_s=3 * estimate.duration_s + 600)
        monitor = self._monitor = MissionMonitor(vehicle.autopilot, mission.items, limits)
        async with mission_events(vehicle, monitor) as events:
            await start_mission(vehicle, mission, self._options, self._report, ready_until_s)
            monitor.restart_clock(vehicle.aircraft_now_s)
            self._report.phase("fly", "flying the mission")
            async for event in events:
                self._on_mission_event(event, monitor)
        ended = self._ended = monitor.ended
        assert ended is not None
        if ended.outcome is FlightOutcome.LOST:
            raise LinkError(ended.why, hint="the failsafe settings of the aircraft decide what it does now")
        if not vehicle.state.armed and (vehicle.state.alt_rel_m or 0.0) > _HIGH_M:
            await asyncio.sleep(_FALL_S)  # disarmed high above home: on a roof or hill, or it falls
        if (crash := self._crash()) is not None:
            raise crash_error(crash)
        if ended.outcome is FlightOutcome.ABORTED:
            raise AircraftRefused(f"mission not completed: {ended.why}", hint=f"aircraft: {ended.left}")
        await end_flight(vehicle, self._options, self._report)

    async def _leave(self) -> None:
        left_how = await leave_aircraft(self.vehicle, self._options.on_leave, self._monitor)
        if left_how is not None:
            self.left_how = left_how
            self._report.warn(f"interrupted by the operator: {left_how}")

    # Events

    def _now_s(self) -> float:
        """Time of the aircraft's clock, once there is an aircraft."""
        return self.vehicle.aircraft_now_s if self.vehicle else self._clock.now()

    def _emit_sample(self) -> None:
        vehicle, monitor = self.vehicle, self._monitor
        if vehicle is None:
            return
        self._report.emit(
            StateSample(
                self._report.t_s(),
                replace(vehicle.state),
                silent_s=vehicle.silent_s,
                flying=monitor is not None and monitor.started,
                item=monitor.tracker.current if monitor else None,
                items=len(self._plan.items),
                distance_m=self._statistics.distance_m,
                link_percent=self._sampler.link_percent,
            )
        )

    async def command(self, name: Command) -> None:
        """Have the aircraft hold, return or land, as the operator commands; the flight is monitored to its end."""
        vehicle = self.vehicle
        if vehicle is None:
            return
        self._report.emit(OperatorNote(self._report.t_s(), f"the operator commands the aircraft to {name}"))
        run = {"hold": vehicle.pause, "return": vehicle.return_home, "land": vehicle.land}[name]
        try:
            await run()
        except LandlineError as error:
            self._report.warn(f"the command to {name} failed: {error}")

    def _on_mission_event(self, event: MonitorEvent, monitor: MissionMonitor) -> None:
        if not isinstance(event, ItemUpdate | ModeChanged | TelemetryLink | FailsafeReported | ItemWaits):
            return
        self._report.emit(MissionUpdate(self._report.t_s(), event))
        if isinstance(event, ModeChanged) and not event.by_mission and monitor.taken_over:
            cause = event.cause or "not commanded by Landline"
            text = f"mode {event.mode}: {cause}; no further command is sent"
            self._report.emit(OperatorNote(self._report.t_s(), text, warning=True))

    def _receive(self, message: Message, before: VehicleState, after: VehicleState) -> None:  # noqa: ARG002
        assert self.vehicle is not None
        now = self.vehicle.aircraft_now_s
        if self._crash_watch is not None:
            self._crash_watch.add(message, armed=after.armed, mode=after.mode, now=now)
        if message.name not in ("GLOBAL_POSITION_INT", "HEARTBEAT"):
            return
        if self._monitor is not None:
            self._statistics.add(after, now)
            self._warn_of_crash(now)

    def _warn_of_crash(self, now: float) -> None:
        crash = self._crash_watch.new_crash(now) if self._crash_watch is not None else None
        if crash is not None:
            text = crash.text.replace("the record ends while it falls", "it falls")
            self._report.emit(
                OperatorNote(self._report.t_s(), f"it looks like a crash: {text}", warning=True)
            )

    def _on_text(self, text: ReceivedText) -> None:
        self._report.emit(
            StatusTextReceived(self._report.t_s(), text.severity, text.text, text.sender, text.event)
        )
        if self._crash_watch is not None and self.vehicle is not None and text.sender == AUTOPILOT:
            self._crash_watch.add_text(text.text, self.vehicle.aircraft_now_s)

    def _on_identity_problem(self, problem: IdentityProblem) -> None:
        self._report.warn(problem.what)
