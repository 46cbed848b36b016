"""The box put together from its configuration: roles, ports, supervision, and the loop's one turn."""

import gc
from binascii import hexlify, unhexlify

from firmware.config import rate_bytes_per_s
from firmware.core import plain as micropython
from firmware.core.clock import UtcClock
from firmware.core.plain import Any
from firmware.core.shelf import Shelf
from firmware.core.supervisor import DOWN, UP, Supervisor
from firmware.mavlite.pack import Packer
from firmware.mavlite.signing import Signer, Verifier, next_key
from firmware.roles.bridge import Bridge, Lane
from firmware.roles.estop import EmergencyStop
from firmware.roles.firewall import Firewall, compile_rules
from firmware.roles.ftp import FileServer
from firmware.roles.heartbeat import (
    ACCEPTED,
    CMD_LOGGING_START,
    CMD_LOGGING_STOP,
    CMD_REBOOT,
    CMD_USER_1,
    CMD_USER_2,
    DENIED,
    FAILED,
    Controls,
    Heartbeat,
)
from firmware.roles.recorder import RECORDING, Recorder, Store
from firmware.roles.watchdog import ACTIONS, DeadMan

CHUNK = 256
PUMP_MS = 500
# A turn takes this many chunks of a port that has much to give, as after a stall of the card.
ROUNDS = 8
# A board that lost its clock starts signing this far behind what it last noted, so that no timestamp is used twice.
SIGNING_RESERVE_TICKS = 60 * 100_000


class Port:
    """Bytes in and out without waiting. A port that is gone gives and takes nothing, and comes back by itself."""

    def readinto(self, chunk: bytearray) -> int:
        """Bytes read, at most len(chunk); 0 for none."""
        raise NotImplementedError

    def write(self, data: bytearray, at: int, count: int) -> int:
        """Bytes taken."""
        raise NotImplementedError

    def tick(self, now_ms: int) -> None:
        """A moment to look whether a lost port is back."""


class Box:
    """`ports` are the laptop's and the radios', in the order of the configuration; `store` is where the recorder writes."""

    def __init__(
        self,
        config: dict[str, Any],
        ports: "list[Port]",
        now_us: int,
        store: "Store | None" = None,
        signing_ticks: int = 0,
    ) -> None:
        self.config = config
        self.ports = ports
        self.clock = UtcClock(now_us)
        self.supervisor = Supervisor(PUMP_MS)
        self.reboot_wanted = False
        self.problems = 0
        self.load_percent = 0  # told by whoever runs it, like the other one
        self.card_free_kb = -1
        self.changes: dict[
            str, Any
        ] = {}  # settings changed from outside, by path, for whoever keeps the file
        self.recorder = Recorder(config["recorder"]["buffers"]) if store else None
        self._store = store
        self._started = False
        self._chunk = bytearray(CHUNK)
        self.controls = Controls()
        packer = Packer(config["system"], config["component"])
        face = Heartbeat(packer, self.controls)
        if store and config["recorder"]["path"]:
            face.files = FileServer(Shelf(config["recorder"]["path"]), packer)
        self.bridge = Bridge(_lanes(config), _firewall(config, signing_ticks), self.clock, face)
        _set_roles(self.bridge, config)
        self.bridge.recorder = self.recorder
        self._offer_controls()

    @micropython.native
    def turn(self, now_ms: int, now_us: int) -> int:
        """One turn of the loop; returns how many bytes moved, so that the caller may rest when it is none."""
        self.clock.advance(now_us)
        if not self._started:
            self._started = True
            if self.recorder and self._store:
                self.recorder.start(self._store, now_ms)
        total = 0
        for _ in range(ROUNDS):
            arrived = self._pump_in(now_ms)
            self.bridge.fill(now_ms)
            total += arrived + self._write(now_ms)
            if arrived < CHUNK:
                break
        self._run_roles(now_ms)
        self.bridge.fill(now_ms)
        return total + self._write(now_ms)

    @micropython.native
    def _pump_in(self, now_ms: int) -> int:
        moved = 0
        chunk = self._chunk
        lanes = self.bridge.lanes
        for i in range(len(lanes)):
            lane = lanes[i]
            if not self.supervisor.may_run(lane.name, now_ms):
                continue
            try:
                self.ports[i].tick(now_ms)
                count = self.ports[i].readinto(chunk)
                if count:
                    moved += count
                    self.bridge.receive(lane, chunk, count, now_ms)
            except Exception as error:
                self.supervisor.fault(lane.name, error, now_ms)
            self.supervisor.pumped(UP if lane.radio < 0 else DOWN, now_ms)
        return moved

    def _run_roles(self, now_ms: int) -> None:
        supervisor = self.supervisor
        if self.bridge.firewall.key_changed:
            self._key_was_used()
        if supervisor.may_run("roles", now_ms):
            try:
                self.bridge.tick(now_ms)
            except Exception as error:
                supervisor.fault("roles", error, now_ms)
        if self.recorder and supervisor.may_run("recorder", now_ms):
            try:
                self.recorder.step(now_ms)
            except Exception as error:
                supervisor.fault("recorder", error, now_ms)

    @micropython.native
    def _write(self, now_ms: int) -> int:
        moved = 0
        lanes = self.bridge.lanes
        for i in range(len(lanes)):
            ring = lanes[i].ring
            if ring.used:
                try:
                    count = self.ports[i].write(ring.data, ring.tail, ring.run())
                except Exception as error:
                    self.supervisor.fault(lanes[i].name, error, now_ms)
                    continue
                ring.drop(count)
                moved += count
        return moved

    def signing_ticks(self) -> int:
        """The newest signing timestamp used or seen: noted now and then, given back at the next start."""
        firewall = self.bridge.firewall
        ticks = 0
        if firewall.signer:
            ticks = firewall.signer.last_ticks + SIGNING_RESERVE_TICKS
        if firewall.verifier:
            ticks = max(ticks, firewall.verifier.now_ticks)
        return ticks

    def is_critical(self) -> bool:
        """Something that the operator should look at."""
        recorder = self.recorder
        return bool(self.supervisor.faults or self.problems or (recorder and recorder.state == 2))

    def _offer_controls(self) -> None:
        bridge, controls = self.bridge, self.controls
        controls.is_critical = self.is_critical
        controls.recorder = self.recorder
        dead_man, firewall, recorder = bridge.dead_man, bridge.firewall, self.recorder
        if dead_man:
            controls.params += [
                (
                    "BOX_SILENT_MS",
                    lambda: dead_man.silent_ms,
                    lambda v: self._change(dead_man, "silent_ms", v, 1500, 600_000),
                ),
                (
                    "BOX_HOLD_MS",
                    lambda: dead_man.hold_ms,
                    lambda v: self._change(dead_man, "hold_ms", v, 0, 3_600_000),
                ),
                (
                    "BOX_ACTION",
                    lambda: dead_man.action,
                    lambda v: v in ACTIONS.values() and self._change(dead_man, "action", v, 0, 21),
                ),
            ]
            controls.status.append(("DEADMAN", lambda: dead_man.state))
        controls.params += [
            ("BOX_LOCKED", lambda: firewall.locked, lambda _: False),
            (
                "BOX_UP_ALL",
                lambda: bridge.to_all,
                lambda v: v in (0, 1) and self._change(bridge, "to_all", v, 0, 1),
            ),
        ]
        for i in range(len(bridge.radios)):
            lane, radio = bridge.radios[i], bridge.failover.radios[i]
            controls.status += [
                (f"R{i + 1}LOSS", lambda radio=radio: radio.loss_percent),
                (f"R{i + 1}RSSI", lambda radio=radio: radio.rssi),
                (f"R{i + 1}RATE", lambda lane=lane: lane.shaper.rate_percent),
                (f"R{i + 1}QUEUE", lambda lane=lane: lane.shaper.waiting()),
            ]
        controls.status += [
            ("DOUBLES", lambda: bridge.failover.duplicates),
            (
                "REFUSED",
                lambda: firewall.refused_by_rule + firewall.refused_unsigned + firewall.refused_forged,
            ),
            ("REPLAYS", lambda: firewall.refused_replay),
            ("FAULTS", lambda: self.supervisor.faults),
            ("LAPQUEUE", bridge.laptop.shaper.waiting),
            ("LOAD", lambda: self.load_percent),
            ("MEMFREE", _free_memory),
        ]
        if recorder:
            controls.status += [
                ("RECBLOCKS", lambda: recorder.written),
                ("RECLOST", lambda: recorder.dropped),
                ("CARDFREE", lambda: self.card_free_kb),
            ]
        controls.commands = {
            CMD_LOGGING_START: self._start_recording,
            CMD_LOGGING_STOP: self._stop_recording,
            CMD_USER_1: self._lock,
            CMD_USER_2: self._rotate,
            CMD_REBOOT: self._reboot,
        }

    def _start_recording(self, _param1: float, _param2: float) -> int:
        if not self.recorder or not self._store:
            return DENIED
        if self.recorder.state != RECORDING and not self.recorder.start(self._store, self._now_ms()):
            return FAILED
        return ACCEPTED

    def _now_ms(self) -> int:
        return self.bridge.laptop.last_ms  # a command has just come in there

    def _stop_recording(self, _param1: float, _param2: float) -> int:
        if not self.recorder:
            return DENIED
        self.recorder.stop()
        return ACCEPTED

    def _lock(self, param1: float, _param2: float) -> int:
        firewall = self.bridge.firewall
        if param1 not in (0, 1) or not firewall.verifier:
            return DENIED
        firewall.locked = param1 == 1
        return ACCEPTED

    def _rotate(self, param1: float, _param2: float) -> int:
        """The laptop's next key counts as well from now on, and alone once it was used; asked again it is the same one."""
        firewall = self.bridge.firewall
        if param1 != 1 or not firewall.locked or not firewall.verifier or self.bridge.fleet.any_armed():
            return DENIED
        key = next_key(firewall.verifier.key)
        firewall.next_verifier = Verifier(key, firewall.verifier.now_ticks)
        self.changes["keys.laptop_next"] = hexlify(key).decode()
        return ACCEPTED

    def _key_was_used(self) -> None:
        firewall = self.bridge.firewall
        firewall.key_changed = False
        if firewall.verifier:
            self.changes["keys.laptop"] = hexlify(firewall.verifier.key).decode()
            self.changes["keys.laptop_next"] = ""

    def _change(self, target: Any, name: str, value: float, least: int, most: int) -> bool:
        if not least <= value <= most:
            return False
        setattr(target, name, int(value))
        if name == "to_all":
            self.changes["uplink"] = "all" if value else "best"
        elif name == "action":
            self.changes["dead_man.action"] = next(
                word for word, number in ACTIONS.items() if number == value
            )
        else:
            self.changes["dead_man." + name] = int(value)
        return True

    def _reboot(self, _param1: float, param2: float) -> int:
        if param2 != 1:
            return DENIED
        self.reboot_wanted = True
        return ACCEPTED


def _lanes(config: dict[str, Any]) -> "list[Lane]":
    queue = config["queue_bytes"]
    lanes = [Lane(config["laptop"]["name"] or "laptop", -1, rate_bytes_per_s(config["laptop"]), queue)]
    for i, radio in enumerate(config["radios"]):
        lanes.append(Lane(radio["name"] or f"radio{i + 1}", i, rate_bytes_per_s(radio), queue))
    return lanes


def _firewall(config: dict[str, Any], signing_ticks: int) -> Firewall:
    settings, keys = config["firewall"], config["keys"]
    firewall = Firewall(
        compile_rules(settings["rules"]),
        settings["default"] == "allow",
        settings["locked"],
        Verifier(unhexlify(keys["laptop"]), signing_ticks) if keys["laptop"] else None,
        Signer(unhexlify(keys["aircraft"]), 1, signing_ticks) if settings["sign"] else None,
    )
    if keys["laptop_next"]:
        firewall.next_verifier = Verifier(unhexlify(keys["laptop_next"]), signing_ticks)
    return firewall


def _set_roles(bridge: Bridge, config: dict[str, Any]) -> None:
    bridge.to_all = config["uplink"] == "all"
    bridge.only_best = config["downlink"] == "best"
    bridge.pass_raw = config["raw_bytes"] == "pass"
    bridge.pass_unknown = config["unknown_messages"] == "pass"
    dead_man, stop = config["dead_man"], config["emergency_stop"]
    if dead_man["enabled"]:
        bridge.dead_man = DeadMan(dead_man["silent_ms"], dead_man["hold_ms"], ACTIONS[dead_man["action"]])
    bridge.estop = EmergencyStop(stop["action"], stop["hold_ms"])


def _free_memory() -> int:
    return int(gc.mem_free()) if hasattr(gc, "mem_free") else -1  # CPython does not count it
