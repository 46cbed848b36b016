"""The way of a frame through the box: ports, framers, the roles in between, queues, ports.

    radio  -> framer -> known twice? -> rules -> record -> laptop's queue
    laptop -> framer -> trusted? -> for the box? -> rules -> sign -> record -> queue of the best radio (or of all)

Pure: bytes and ticks come in by `receive` and `tick`, bytes are taken from each lane's ring. In the steady state of unsigned
traffic nothing is allocated.
"""

from firmware.core import plain as micropython
from firmware.core.clock import UtcClock
from firmware.core.ringbuf import ByteRing
from firmware.core.ticks import diff
from firmware.mavlite.frame import MAX_FRAME, View
from firmware.mavlite.framer import Framer
from firmware.mavlite.pack import Packer
from firmware.mavlite.table import TABLE
from firmware.roles.estop import EmergencyStop
from firmware.roles.failover import Failover
from firmware.roles.firewall import DOWN, UP, Firewall
from firmware.roles.fleet import Fleet
from firmware.roles.order import Order
from firmware.roles.recorder import Recorder
from firmware.roles.shaping import Shaper
from firmware.roles.watchdog import ALIVE, EXPIRED, SAY, DeadMan

# Longer than a pause that a radio makes within a frame, shorter than a second.
QUIET_MS = 300

HEARTBEAT = 0
SYSTEM_TIME = 2
COMMAND_ACK = 77
RADIO_STATUS = 109
RADIO = 166  # the same, of older radios
STATUSTEXT = 253
UTC_2020_US = 1_577_836_800_000_000

CRITICAL, WARNING, NOTICE, INFO = 2, 4, 5, 6


class Lane:
    """One port: what came in of it, what waits to go out. `radio` is its number among the radios, -1 for the laptop."""

    def __init__(self, name: str, radio: int, rate_bytes_per_s: int, queue_size: int) -> None:
        self.name = name
        self.radio = radio
        self.framer = Framer()
        self.ring = ByteRing(2 * MAX_FRAME)
        self.shaper = Shaper(rate_bytes_per_s, self.ring, queue_size)
        self.last_ms = 0
        self.rx_bytes = 0


class Face:
    """What the bridge asks of the box's own MAVLink side (`roles/heartbeat.py`)."""

    def __init__(self, packer: Packer) -> None:
        self.packer = packer

    def receive(self, view: View, bridge: "Bridge") -> None:
        """A trusted frame of the laptop that is addressed to the box, or to everybody."""

    def tick(self, bridge: "Bridge", now_ms: int) -> None:
        """Let time pass."""


class Bridge:
    """Roles that are None are not there. `to_all` sends up over every radio, else over the best; `only_best` passes down what
    the best radio brings and drops the rest; `pass_raw` passes bytes that belong to no frame."""

    def __init__(self, lanes: "list[Lane]", firewall: Firewall, clock: UtcClock, face: Face) -> None:
        self.lanes = lanes
        self.laptop = lanes[0]
        self.radios = lanes[1:]
        self.firewall = firewall
        self.clock = clock
        self.face = face
        self.failover = Failover(len(self.radios))
        self.fleet = Fleet()
        self.dead_man: DeadMan | None = None
        self.estop: EmergencyStop | None = None
        self.recorder: Recorder | None = None
        self.to_all = False
        self.only_best = False
        self.pass_raw = False
        self.pass_unknown = True
        self.unknown_dropped = 0
        self.frames_up = 0
        self.frames_down = 0

    def receive(self, lane: Lane, chunk: bytearray, count: int, now_ms: int) -> None:
        """`count` bytes of `chunk` came in; at most 256."""
        lane.last_ms = now_ms
        lane.rx_bytes = (lane.rx_bytes + count) & 0x1FFFFFFF
        lane.framer.feed(chunk, count)
        self._drain(lane, now_ms)

    @micropython.native
    def _drain(self, lane: Lane, now_ms: int) -> None:
        framer = lane.framer
        while True:
            count = framer.next()
            if count > 0:
                if framer.row < 0 and not self.pass_unknown:
                    self.unknown_dropped += 1
                elif lane.radio < 0:
                    self._up(framer, now_ms)
                else:
                    self._down(lane, framer, now_ms)
            elif count == 0:
                return
            elif self.pass_raw:
                self._raw(lane, framer, -count)

    @micropython.native
    def _down(self, lane: Lane, view: View, now_ms: int) -> None:
        radio = lane.radio
        failover = self.failover
        failover.radios[radio].heard(view, now_ms)
        if len(self.radios) > 1:
            if failover.is_duplicate(radio, view):
                return
            if self.only_best and failover.best != radio and failover.radios[failover.best].alive:
                return
        msg_id = view.msg_id
        if msg_id == RADIO_STATUS or msg_id == RADIO:
            failover.radios[radio].rssi = view.u8(4)
            failover.radios[radio].noise = view.u8(7)
            lane.shaper.radio_status(view.u8(6), now_ms)
        elif msg_id == HEARTBEAT:
            self.fleet.heartbeat(view)
        elif msg_id == COMMAND_ACK:
            self._answered(view)
        elif msg_id == SYSTEM_TIME and not self.clock.known:
            self._learn_time(view)
        if not self.firewall.allows(DOWN, view):
            return
        self.frames_down += 1
        self._record(view)
        self.laptop.shaper.offer(view)

    @micropython.native
    def _up(self, view: View, now_ms: int) -> None:
        firewall = self.firewall
        if not firewall.trusts(view):
            return
        if self.dead_man and self.dead_man.from_laptop(view, now_ms):
            self.say(NOTICE, SAY[ALIVE])
        if view.msg_id == SYSTEM_TIME and not self.clock.known:
            self._learn_time(view)
        row = view.row
        target = view.u8(TABLE[row + 4]) if row >= 0 and TABLE[row + 4] != 255 else -1
        own = self.face.packer.system
        if target == own or target == 0:
            self.face.receive(view, self)
            if target == own:
                return
        if not firewall.allows(UP, view):
            return
        self._send_up(view, self.to_all)

    @micropython.native
    def _send_up(self, view: View, to_all: bool) -> None:
        """Sign, record, queue."""
        out = self.firewall.signed(view, self.clock.utc_us() if self.firewall.signer else 0)
        if out is None:
            return
        self.frames_up += 1
        self._record(out)
        best = self.failover.best
        radios = self.failover.radios
        if not to_all and radios[best].alive:
            self.radios[best].shaper.offer(out)
            return
        # While nothing is heard nobody knows which radio still gets through.
        for i in range(len(radios)):
            self.radios[i].shaper.offer(out)

    def _raw(self, lane: Lane, view: View, count: int) -> None:
        """Bytes that belong to no frame, to the other side as they are."""
        lanes = self.lanes[1:] if lane.radio < 0 else self.lanes[:1]
        at = view.at
        while count > 0:
            piece = count if count < MAX_FRAME else MAX_FRAME
            for other in lanes:
                other.shaper.queues[1].put(view.buf, at, piece, 0)
            at += piece
            count -= piece

    def _record(self, view: View) -> None:
        if self.recorder:
            self.recorder.append(view.buf, view.at, view.length, self.clock.stamp)

    def _learn_time(self, view: View) -> None:
        utc_us = 0
        for i in range(7, -1, -1):
            utc_us = utc_us << 8 | view.u8(i)
        if utc_us > UTC_2020_US:
            self.clock.set(utc_us)

    def _answered(self, view: View) -> None:
        if self.dead_man:
            self.dead_man.order.answer(view, self.fleet)
        if self.estop:
            self.estop.order.answer(view, self.fleet)

    def tick(self, now_ms: int) -> None:
        """Once a turn of the loop: what is due by time, then the queues."""
        for lane in self.lanes:
            if lane.framer.waiting() and diff(now_ms, lane.last_ms) >= QUIET_MS:
                lane.framer.flush()
                self._drain(lane, now_ms)
        if self.failover.tick(now_ms):
            self._say_radios()
        if self.estop and self.estop.order.due(now_ms):
            self._send_order(self.estop.order, now_ms, True)
        if self.dead_man:
            self._tick_dead_man(self.dead_man, now_ms)
        self.face.tick(self, now_ms)

    @micropython.native
    def fill(self, now_ms: int) -> None:
        """Move what each port's budget allows into its ring."""
        for lane in self.lanes:
            if lane.shaper.queues[0].frames or lane.shaper.queues[1].frames or lane.shaper.queues[2].frames:
                lane.shaper.fill(now_ms)

    def _tick_dead_man(self, dead_man: DeadMan, now_ms: int) -> None:
        if dead_man.tick(now_ms, self.fleet):
            self.say(WARNING, SAY[dead_man.state])
            if dead_man.state == EXPIRED:
                self.say(
                    WARNING,
                    f"commanded {dead_man.ordered} aircraft" if dead_man.ordered else "no action",
                )
        if dead_man.order.due(now_ms):
            self._send_order(dead_man.order, now_ms, False)
        view = dead_man.heartbeat(now_ms)
        if view:
            self._send_up(view, True)

    def press(self, pressed: bool, now_ms: int) -> None:
        """The state of the emergency stop's input."""
        if self.estop and self.estop.input(pressed, now_ms, self.fleet):
            self.say(CRITICAL, f"emergency stop: {self.estop.addressed} aircraft")

    def _send_order(self, order: Order, now_ms: int, at_once: bool) -> None:
        """Over every radio; `at_once` past the queues and the budget."""
        station = self.dead_man.station if self.dead_man else self.face.packer
        for i in range(self.fleet.count):
            if not order.is_open(i):
                continue
            view = order.frame(i, self.fleet, station)
            if not at_once:
                self._send_up(view, True)
                continue
            out = self.firewall.signed(view, self.clock.utc_us() if self.firewall.signer else 0)
            if out:
                self._record(out)
                for lane in self.radios:
                    lane.ring.put(out.buf, out.at, out.length)
        order.sent(now_ms)
        if not order.active:
            self.say(CRITICAL, "aircraft did not answer: " + str(order.unanswered))

    def _say_radios(self) -> None:
        text = "radios:"
        for i in range(len(self.radios)):
            radio = self.failover.radios[i]
            text += " " + self.radios[i].name + (" ok" if radio.alive else " silent")
        self.say(WARNING, text + ", best " + self.radios[self.failover.best].name)

    def say(self, severity: int, text: str) -> None:
        """A STATUSTEXT of the box: to the laptop and into the record."""
        view = self.face.packer.pack(STATUSTEXT, "<B50s", severity, text.encode()[:50])
        self.to_laptop(view)

    def to_laptop(self, view: View) -> None:
        """A frame of the box's own."""
        self._record(view)
        self.laptop.shaper.offer(view)
