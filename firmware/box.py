"""Box assembled from its configuration: ports, roles, supervision, and one turn of the main loop."""

from binascii import hexlify, unhexlify

from firmware.config import rate_bytes_per_s
from firmware.controls import offer
from firmware.core import compat as micropython
from firmware.core.clock import UtcClock
from firmware.core.compat import Any
from firmware.core.record_folder import RecordFolder
from firmware.core.supervisor import DOWN, UP, Supervisor
from firmware.mavlite.pack import Packer
from firmware.mavlite.signing import Signer, Verifier
from firmware.roles.bridge import Bridge, Channel
from firmware.roles.dead_man import ACTIONS, DeadMan
from firmware.roles.estop import HeldInput
from firmware.roles.firewall import Firewall, compile_rules
from firmware.roles.ftp import FileServer
from firmware.roles.recorder import Recorder, Store
from firmware.roles.services import BoxServices, Controls

CHUNK = 256
PUMP_MS = 500
# Chunks read from a busy port in one turn, as after a stall of the card.
ROUNDS = 8
# Added to the saved signing timestamp: a board without a clock starts beyond it, so that none is used twice.
SIGNING_RESERVE_TICKS = 60 * 100_000


class Port:
    """Non-blocking byte port. A lost port reads and writes nothing, and reconnects by itself."""

    def readinto(self, chunk: bytearray) -> int:
        """Read into `chunk`; return the number of bytes, 0 for none."""
        raise NotImplementedError

    def write(self, data: bytearray, at: int, count: int) -> int:
        """Write `data[at : at + count]`; return the number of bytes accepted."""
        raise NotImplementedError

    def tick(self, now_ms: int) -> None:
        """Check whether a lost port is back."""


class Box:
    """A box on `ports` (laptop, then radios, in the order of the configuration), recording to `store`."""

    def __init__(
        self,
        config: dict[str, Any],
        ports: "list[Port]",
        now_us: int,
        store: "Store | None" = None,
        signing_ticks: int = 0,
        heard_ticks: int = 0,
    ) -> None:
        self.config = config
        self.ports = ports
        self.clock = UtcClock(now_us)
        self.supervisor = Supervisor(PUMP_MS)
        self.reboot_wanted = False
        self.problems = 0
        self.load_percent = 0  # this and card_free_kb are set by the caller
        self.card_free_kb = -1
        self.changes: dict[str, Any] = {}  # settings changed over MAVLink, by path; the caller saves them
        self.recorder = Recorder(config["recorder"]["buffers"]) if store else None
        self.store = store
        self._started = False
        self._chunk = bytearray(CHUNK)
        self.controls = Controls()
        packer = Packer(config["system"], config["component"])
        services = BoxServices(packer, self.controls)
        if store and config["recorder"]["path"]:
            services.files = FileServer(RecordFolder(config["recorder"]["path"]), packer)
        self.bridge = Bridge(
            _channels(config), _firewall(config, signing_ticks, heard_ticks), self.clock, services
        )
        _set_roles(self.bridge, config)
        self.bridge.recorder = self.recorder
        self._parts = self.bridge.parts()
        self._cannot_write = bytearray(len(ports))  # 1 for a port whose last write raised
        offer(self)

    @micropython.native
    def turn(self, now_ms: int, now_us: int) -> int:
        """Run one turn of the loop; return how many bytes moved (0: the caller may sleep)."""
        self.clock.advance(now_us)
        if not self._started:
            self._started = True
            for channel in self.bridge.channels:
                channel.shaper.tick(now_ms)
            if self.recorder and self.store:
                self.recorder.start(self.store, now_ms)
        total = 0
        for _ in range(ROUNDS):
            arrived = self._pump_in(now_ms)
            self.bridge.fill(now_ms)
            total += arrived + self._write(now_ms)
            if arrived < CHUNK:
                break
        self._run_roles(now_ms)
        self.bridge.fill(now_ms)
        total += self._write(now_ms)
        self._note_pumped(now_ms)
        return total

    @micropython.native
    def _pump_in(self, now_ms: int) -> int:
        moved = 0
        chunk = self._chunk
        channels = self.bridge.channels
        for i in range(len(channels)):
            channel = channels[i]
            if self.supervisor.has_faults and not self.supervisor.may_run(channel.name, now_ms):
                continue
            try:
                self.ports[i].tick(now_ms)
                count = self.ports[i].readinto(chunk)
                if count:
                    moved += count
                    self.bridge.receive(channel, chunk, count, now_ms)
            except Exception as error:
                self.supervisor.fault(channel.name, error, now_ms)
        return moved

    @micropython.native
    def _note_pumped(self, now_ms: int) -> None:
        """Report to the supervisor the directions whose source port works.

        In flight the uplink always counts: a lost laptop port must not cause a restart, which would reset the dead-man.
        """
        channels = self.bridge.channels
        if self.bridge.fleet.any_armed():
            self.supervisor.pumped(UP, now_ms)
        for i in range(len(channels)):
            if not self.supervisor.is_resting(channels[i].name):
                self.supervisor.pumped(UP if channels[i].radio < 0 else DOWN, now_ms)

    def press(self, stop: bool, button: bool, now_ms: int) -> None:
        """Set the states of the two inputs; called before each turn."""
        try:
            self.bridge.commands.press(stop, button, now_ms)
        except Exception as error:
            self.supervisor.fault("inputs", error, now_ms, True)
        else:
            self.supervisor.succeeded("inputs")

    @micropython.native
    def _run_roles(self, now_ms: int) -> None:
        supervisor = self.supervisor
        if self.bridge.firewall.key_changed:
            self._key_was_used()
        for part in self._parts:
            name = part[0]
            # The emergency stop never rests after a fault.
            if supervisor.has_faults and name != "stop" and not supervisor.may_run(name, now_ms):
                continue
            try:
                part[1](now_ms)
            except Exception as error:
                supervisor.fault(name, error, now_ms, part[2])
            else:
                if supervisor.has_faults:
                    supervisor.succeeded(name)
        if self.recorder and supervisor.may_run("recorder", now_ms):
            try:
                self.recorder.step(now_ms)
            except Exception as error:
                supervisor.fault("recorder", error, now_ms)

    @micropython.native
    def _write(self, now_ms: int) -> int:
        moved = 0
        channels = self.bridge.channels
        for i in range(len(channels)):
            ring = channels[i].ring
            # A port that raised is tried again even with nothing to send: its data may have expired meanwhile.
            if ring.used or self._cannot_write[i]:
                try:
                    count = self.ports[i].write(ring.data, ring.tail, ring.run())
                except Exception as error:
                    self.supervisor.fault(channels[i].name, error, now_ms)
                    self._cannot_write[i] = 1
                    continue
                self._cannot_write[i] = 0
                ring.drop(count)
                moved += count
        return moved

    def signing_ticks(self) -> int:
        """Return the newest signing timestamp used plus a reserve, to be saved for the next start; 0: none."""
        signer = self.bridge.firewall.signer
        return signer.last_ticks + SIGNING_RESERVE_TICKS if signer else 0

    def heard_ticks(self) -> int:
        """Return the newest signing timestamp received from the laptop, to be saved for the next start; 0: none."""
        verifier = self.bridge.firewall.verifier
        return verifier.now_ticks if verifier else 0

    def is_critical(self) -> bool:
        """Whether there is a fault that the operator should see."""
        recorder = self.recorder
        return bool(self.supervisor.faults or self.problems or (recorder and recorder.state == 2))

    def _key_was_used(self) -> None:
        firewall = self.bridge.firewall
        firewall.key_changed = False
        if firewall.verifier:
            self.changes["keys.laptop"] = hexlify(firewall.verifier.key).decode()
            self.changes["keys.laptop_next"] = ""


def _channels(config: dict[str, Any]) -> "list[Channel]":
    queue = config["queue_bytes"]
    channels = [Channel(config["laptop"]["name"] or "laptop", -1, rate_bytes_per_s(config["laptop"]), queue)]
    for i, radio in enumerate(config["radios"]):
        channels.append(Channel(radio["name"] or f"radio{i + 1}", i, rate_bytes_per_s(radio), queue))
    return channels


def _firewall(config: dict[str, Any], signing_ticks: int, heard_ticks: int) -> Firewall:
    settings, keys = config["firewall"], config["keys"]
    firewall = Firewall(
        compile_rules(settings["rules"]),
        settings["default"] == "allow",
        settings["locked"],
        Verifier(unhexlify(keys["laptop"]), heard_ticks, heard_ticks) if keys["laptop"] else None,
        Signer(unhexlify(keys["aircraft"]), 1, signing_ticks) if settings["sign"] else None,
    )
    if keys["laptop_next"]:
        firewall.next_verifier = Verifier(unhexlify(keys["laptop_next"]), heard_ticks, heard_ticks)
    return firewall


def _set_roles(bridge: Bridge, config: dict[str, Any]) -> None:
    bridge.to_all = config["uplink"] == "all"
    bridge.only_best = config["downlink"] == "best"
    bridge.pass_raw = config["raw_bytes"] == "pass"
    bridge.pass_unknown = config["unknown_messages"] == "pass"
    dead_man, stop = config["dead_man"], config["emergency_stop"]
    if dead_man["enabled"]:
        bridge.dead_man = DeadMan(dead_man["silent_ms"], dead_man["hold_ms"], ACTIONS[dead_man["action"]])
    bridge.estop = HeldInput(stop["action"], stop["hold_ms"], False)
    bridge.button = HeldInput(stop["button_action"], stop["button_hold_ms"], True)
