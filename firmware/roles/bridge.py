"""Forwards frames between the radios and the laptop, through the roles.

    radio  -> framer -> duplicate? -> rules -> (fleet, acks) -> record -> laptop's queue
    laptop -> framer -> authentic? -> for the box? -> rules -> sign -> record -> queue of the best radio (or of all)

Does no input or output: bytes and ticks enter by `receive` and `parts`, and the caller takes bytes from each
channel's ring. Unsigned traffic allocates nothing. All frames of a turn carry the time of that turn.
"""

from firmware.core import compat as micropython
from firmware.core.clock import UtcClock
from firmware.core.compat import Any, const
from firmware.core.ringbuf import ByteRing
from firmware.core.ticks import clamp_past, diff
from firmware.mavlite.frame import MAX_FRAME, View
from firmware.mavlite.framer import Framer
from firmware.mavlite.pack import Packer
from firmware.mavlite.table import TABLE
from firmware.roles.command_sender import CRITICAL, NOTICE, WARNING, CommandSender
from firmware.roles.dead_man import ALIVE, WAITING, DeadMan
from firmware.roles.estop import HeldInput
from firmware.roles.failover import Failover
from firmware.roles.firewall import DOWN, UP, Firewall
from firmware.roles.fleet import Fleet
from firmware.roles.recorder import Recorder
from firmware.roles.shaping import Shaper

# Longer than a pause that a radio makes within a frame, shorter than a second.
QUIET_MS = 300

HEARTBEAT = 0
SYSTEM_TIME = 2
COMMAND_ACK = 77
STATUSTEXT = 253
TEXT_BYTES = 50
UTC_2020_US = 1_577_836_800_000_000
UTC_2080_US = 3_471_292_800_000_000  # signature timestamps end in 2104 and cannot be set back
RADIO_STATUS = const(109)
RADIO = const(166)  # its predecessor, sent by older radios
TELEMETRY_RADIO = const(68)  # MAV_COMP_ID_TELEMETRY_RADIO, also used by SiK radios
TYPE_GCS = 6
LAPTOP_GONE_MS = 5000  # for the light of a box without a dead-man


class Channel:
    """One port: its framer, its queues and its output ring. `radio` is the radio's index, -1 for the laptop."""

    def __init__(self, name: str, radio: int, rate_bytes_per_s: int, queue_size: int) -> None:
        self.name = name
        self.radio = radio
        self.framer = Framer()
        self.ring = ByteRing(2 * MAX_FRAME)
        self.shaper = Shaper(rate_bytes_per_s, self.ring, queue_size, radio >= 0)
        self.last_ms = 0
        self.rx_bytes = 0


class BoxComponent:
    """Interface of the box's own MAVLink component, implemented in `roles/services.py`."""

    def __init__(self, packer: Packer) -> None:
        self.packer = packer

    def receive(self, view: View, bridge: "Bridge") -> None:
        """Handle an authentic frame from the laptop, addressed to the box or broadcast."""

    def tick(self, bridge: "Bridge", now_ms: int) -> None:
        """Do what is due at `now_ms`."""


class Bridge:
    """Frame router of the box; a role that is None is disabled.

    `to_all` sends uplink frames over every radio instead of the best one. `only_best` drops downlink frames of the
    other radios. `pass_raw` forwards bytes outside frames where no rule or lock prevents it.
    """

    def __init__(
        self, channels: "list[Channel]", firewall: Firewall, clock: UtcClock, services: BoxComponent
    ) -> None:
        self.channels = channels
        self.laptop = channels[0]
        self.radios = channels[1:]
        self.firewall = firewall
        self.clock = clock
        self.services = services
        self.failover = Failover(len(self.radios))
        self.fleet = Fleet()
        self.commands = CommandSender(self)
        self.dead_man: DeadMan | None = None
        self.estop: HeldInput | None = None
        self.button: HeldInput | None = None
        self.recorder: Recorder | None = None
        self.to_all = False
        self.only_best = False
        self.pass_raw = False
        self.pass_unknown = True
        self.unknown_dropped = 0
        self.frames_up = 0
        self.frames_down = 0
        self._unlisted = 0
        self._text_id = 0
        self._error: Exception | None = None
        self._station_ms = 0
        self._station_known = False

    def receive(self, channel: Channel, chunk: bytearray, count: int, now_ms: int) -> None:
        """Process `count` received bytes of `chunk`, at most 256."""
        channel.last_ms = now_ms
        channel.rx_bytes = (channel.rx_bytes + count) & 0x1FFFFFFF
        channel.framer.feed(chunk, count)
        self._drain(channel, now_ms)

    @micropython.native
    def _drain(self, channel: Channel, now_ms: int) -> None:
        framer = channel.framer
        while True:
            count = framer.next()
            if count > 0:
                if framer.row < 0 and not self.pass_unknown:
                    self.unknown_dropped += 1
                elif channel.radio < 0:
                    self._up(framer, now_ms)
                else:
                    self._down(channel, framer, now_ms)
            elif count == 0:
                return
            elif self.pass_raw and self._may_pass_raw(channel):
                self._raw(channel, framer, -count)

    @micropython.native
    def _down(self, channel: Channel, view: View, now_ms: int) -> None:
        radio = channel.radio
        failover = self.failover
        msg_id = view.msg_id
        if msg_id == RADIO_STATUS or msg_id == RADIO:
            failover.radios[radio].status(view)
            channel.shaper.radio_status(view.u8(6), now_ms)
        elif view.component != TELEMETRY_RADIO:
            failover.radios[radio].heard(view, now_ms)
            if len(self.radios) > 1 and failover.is_duplicate(radio, view):
                return
        if self.only_best and failover.best != radio and failover.radios[failover.best].alive:
            return
        if not self.firewall.allows(DOWN, view):
            return
        if msg_id == HEARTBEAT:
            self.fleet.heartbeat(view)
        elif msg_id == COMMAND_ACK:
            self.commands.ack(view)
        elif msg_id == SYSTEM_TIME and not self.clock.known:
            self._set_clock(view)
        self.frames_down += 1
        self._record(view)
        self.laptop.shaper.offer(view)

    @micropython.native
    def _up(self, view: View, now_ms: int) -> None:
        firewall = self.firewall
        if not firewall.is_authentic(view):
            return
        if view.msg_id == SYSTEM_TIME and not self.clock.known:
            self._set_clock(view)
        row = view.row
        target = view.u8(TABLE[row + 4]) if row >= 0 and TABLE[row + 4] != 255 else -1
        own = self.services.packer.system
        if target == own or target == 0:
            try:
                self.services.receive(view, self)
            except Exception as error:  # raised again in _tick_services, as the laptop's port is not at fault
                self._error = error
            if target == own:
                return
        if not firewall.allows(UP, view):
            return
        if view.msg_id == HEARTBEAT and view.u8(4) == TYPE_GCS:
            self._station_ms = now_ms
            self._station_known = True
        self.commands.from_laptop(view, now_ms)
        self.send_up(view, self.to_all)

    @micropython.native
    def send_up(self, view: View, to_all: bool) -> bool:
        """Sign, record and queue an uplink frame; False if no queue accepted it."""
        out = self.firewall.signed(view, self.clock.utc_us() if self.firewall.signer else 0)
        if out is None:
            return False
        self.frames_up += 1
        self._record(out)
        best = self.failover.best
        radios = self.failover.radios
        if not to_all and radios[best].alive:
            return self.radios[best].shaper.offer(out)
        # With no radio alive, any of them may still transmit.
        taken = False
        for i in range(len(radios)):
            if self.radios[i].shaper.offer(out):
                taken = True
        return taken

    def send_now(self, view: View) -> bool:
        """Sign, record and put a frame into every radio's ring, bypassing queues and budgets; False if none had
        room.
        """
        out = self.firewall.signed(view, self.clock.utc_us() if self.firewall.signer else 0)
        taken = False
        if out:
            for channel in self.radios:
                ring = channel.ring
                if out.length <= ring.size - ring.used and ring.put(out.buf, out.at, out.length):
                    taken = True
            if taken:
                self._record(out)
        return taken

    def _may_pass_raw(self, channel: Channel) -> bool:
        """Whether raw bytes may pass: they could be parts of a frame, so never past rules or up through a lock."""
        return not self.firewall.has_rules() and (channel.radio >= 0 or not self.firewall.locked)

    def _raw(self, channel: Channel, view: View, count: int) -> None:
        """Queue bytes outside frames, unchanged, for the other side."""
        channels = self.channels[1:] if channel.radio < 0 else self.channels[:1]
        at = view.at
        while count > 0:
            piece = count if count < MAX_FRAME else MAX_FRAME
            for other in channels:
                other.shaper.queue_raw(view.buf, at, piece)
            at += piece
            count -= piece

    def _record(self, view: View) -> None:
        if self.recorder:
            self.recorder.append(view.buf, view.at, view.length, self.clock.stamp)

    def _set_clock(self, view: View) -> None:
        utc_us = 0
        for i in range(7, -1, -1):
            utc_us = utc_us << 8 | view.u8(i)
        if UTC_2020_US < utc_us < UTC_2080_US:
            self.clock.set(utc_us)

    def parts(self) -> "list[tuple[str, Any, bool]]":
        """Return the parts that run every turn under supervision, the stop first: (name, f(now_ms), vital)."""
        return [
            ("stop", self.commands.tick_stop, True),
            ("button", self.commands.tick_button, True),
            ("dead-man", self.commands.tick_dead_man, True),
            ("fleet", self._tick_fleet, True),
            ("radios", self._tick_radios, True),
            ("lines", self._tick_lines, True),
            ("services", self._tick_services, False),
        ]

    def _tick_fleet(self, now_ms: int) -> None:
        self._station_ms = clamp_past(self._station_ms, now_ms, LAPTOP_GONE_MS)
        self.fleet.tick(now_ms)
        out = self.fleet.unlisted
        if out and not self._unlisted:
            self.send_text(CRITICAL, f"no room: the box cannot stop aircraft {out}")
        self._unlisted = out

    def _tick_radios(self, now_ms: int) -> None:
        if self.failover.tick(now_ms):
            self._report_radios()

    def _tick_lines(self, now_ms: int) -> None:
        for channel in self.channels:
            channel.shaper.tick(now_ms)
            if channel.framer.waiting() and diff(now_ms, channel.last_ms) >= QUIET_MS:
                channel.framer.flush()
                self._drain(channel, now_ms)

    def _tick_services(self, now_ms: int) -> None:
        error, self._error = self._error, None
        if error:
            raise error
        self.services.tick(self, now_ms)

    def laptop_state(self, now_ms: int) -> int:
        """Return the dead-man's state; without one, ALIVE for five seconds after a ground station's heartbeat."""
        if self.dead_man:
            return self.dead_man.state
        return ALIVE if self._station_known and diff(now_ms, self._station_ms) < LAPTOP_GONE_MS else WAITING

    @micropython.native
    def fill(self, now_ms: int) -> None:
        """Move frames from the queues to the rings, within each port's budget."""
        for channel in self.channels:
            if (
                channel.shaper.queues[0].frames
                or channel.shaper.queues[1].frames
                or channel.shaper.queues[2].frames
            ):
                channel.shaper.fill(now_ms)

    def _report_radios(self) -> None:
        text, severity = "radios:", NOTICE
        for i in range(len(self.radios)):
            radio = self.failover.radios[i]
            text += " " + self.radios[i].name + (" ok" if radio.alive else " silent")
            if not radio.alive:
                severity = WARNING
        self.send_text(severity, text + ", best " + self.radios[self.failover.best].name)

    def send_text(self, severity: int, text: str) -> None:
        """Send a STATUSTEXT to the laptop, in as many chunks of 50 bytes as it takes, and record it."""
        raw = text.encode()
        pack = self.services.packer.pack
        if len(raw) < TEXT_BYTES:
            self.to_laptop(pack(STATUSTEXT, "<B50s", severity, raw))
            return
        # A chunk that is not full is the last; id 0 means a text of one chunk.
        self._text_id = self._text_id % 0xFFFF + 1
        for number in range(len(raw) // TEXT_BYTES + 1):
            chunk = raw[number * TEXT_BYTES : (number + 1) * TEXT_BYTES]
            self.to_laptop(pack(STATUSTEXT, "<B50sHB", severity, chunk, self._text_id, number))

    def to_laptop(self, view: View) -> None:
        """Record a frame of the box and queue it for the laptop."""
        self._record(view)
        self.laptop.shaper.offer(view)
