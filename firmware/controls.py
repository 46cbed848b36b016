"""Parameters, status values and commands of the box, served over MAVLink by `roles/services.py`."""

import gc
from binascii import hexlify

from firmware.core.compat import Any
from firmware.mavlite.signing import Verifier, next_key
from firmware.roles.dead_man import ACTIONS
from firmware.roles.recorder import RECORDING
from firmware.roles.services import (
    ACCEPTED,
    CMD_LOGGING_START,
    CMD_LOGGING_STOP,
    CMD_REBOOT,
    CMD_USER_1,
    CMD_USER_2,
    DENIED,
    FAILED,
)


def offer(box: Any) -> None:
    """Add the parameters, status values and commands to `box.controls`."""
    controls = box.controls
    controls.is_critical = box.is_critical
    controls.recorder = box.recorder
    _offer_params(box, controls)
    _offer_status(box, controls)
    commands = Commands(box)
    controls.commands = {
        CMD_LOGGING_START: commands.start_recording,
        CMD_LOGGING_STOP: commands.stop_recording,
        CMD_USER_1: commands.lock,
        CMD_USER_2: commands.rotate,
        CMD_REBOOT: commands.reboot,
    }


def _offer_params(box: Any, controls: Any) -> None:
    bridge = box.bridge
    dead_man, firewall = bridge.dead_man, bridge.firewall
    if dead_man:
        controls.params += [
            (
                "BOX_SILENT_MS",
                lambda: dead_man.silent_ms,
                lambda v: _change(box, dead_man, "silent_ms", v, 1500, 600_000),
            ),
            (
                "BOX_HOLD_MS",
                lambda: dead_man.hold_ms,
                lambda v: _change(box, dead_man, "hold_ms", v, 0, 3_600_000),
            ),
            (
                "BOX_ACTION",
                lambda: dead_man.action,
                lambda v: v in ACTIONS.values() and _change(box, dead_man, "action", v, 0, 21),
            ),
        ]
    controls.params += [
        ("BOX_LOCKED", lambda: firewall.locked, lambda _: False),
        (
            "BOX_UP_ALL",
            lambda: bridge.to_all,
            lambda v: v in (0, 1) and _change(box, bridge, "to_all", v, 0, 1),
        ),
    ]


def _offer_status(box: Any, controls: Any) -> None:
    bridge, recorder = box.bridge, box.recorder
    dead_man, firewall = bridge.dead_man, bridge.firewall
    if dead_man:
        controls.status.append(("DEADMAN", lambda: dead_man.state))
    for i in range(len(bridge.radios)):
        channel, radio = bridge.radios[i], bridge.failover.radios[i]
        controls.status += [
            (f"R{i + 1}LOSS", lambda radio=radio: radio.loss_percent),
            (f"R{i + 1}RSSI", lambda radio=radio: radio.rssi),
            (f"R{i + 1}RATE", lambda channel=channel: channel.shaper.rate_percent),
            (f"R{i + 1}QUEUE", lambda channel=channel: channel.shaper.waiting()),
            (f"R{i + 1}DROPS", lambda channel=channel: channel.shaper.lost()),
            (f"R{i + 1}BAD", lambda channel=channel: channel.framer.bad_bytes),
        ]
    controls.status += [
        ("DOUBLES", lambda: bridge.failover.duplicates),
        (
            "REFUSED",
            lambda: firewall.refused_by_rule + firewall.refused_unsigned + firewall.refused_forged,
        ),
        ("REPLAYS", lambda: firewall.refused_replay),
        ("FAULTS", lambda: box.supervisor.faults),
        ("LAPQUEUE", bridge.laptop.shaper.waiting),
        ("LAPDROPS", bridge.laptop.shaper.lost),
        ("LAPBAD", lambda: bridge.laptop.framer.bad_bytes),
        ("LOAD", lambda: box.load_percent),
        ("MEMFREE", _free_memory),
    ]
    if recorder:
        controls.status += [
            ("RECBLOCKS", lambda: recorder.written),
            ("RECLOST", lambda: recorder.dropped),
            ("CARDFREE", lambda: box.card_free_kb),
        ]


class Commands:
    """Command handlers: each takes param1 and param2 and returns a MAV_RESULT."""

    def __init__(self, box: Any) -> None:
        self.box = box

    def start_recording(self, _param1: float, _param2: float) -> int:
        box = self.box
        if not box.recorder or not box.store:
            return DENIED
        # The command has just arrived at the laptop's port: its time is the present.
        if box.recorder.state != RECORDING and not box.recorder.start(box.store, box.bridge.laptop.last_ms):
            return FAILED
        return ACCEPTED

    def stop_recording(self, _param1: float, _param2: float) -> int:
        if not self.box.recorder:
            return DENIED
        self.box.recorder.stop()
        return ACCEPTED

    def lock(self, param1: float, _param2: float) -> int:
        """Lock or unlock the firewall at once, and save that in the settings."""
        bridge, changes = self.box.bridge, self.box.changes
        if param1 not in (0, 1) or not bridge.firewall.verifier:
            return DENIED
        bridge.firewall.locked = changes["firewall.locked"] = param1 == 1
        if param1 == 1 and bridge.pass_raw:
            bridge.pass_raw = False  # the settings exclude each other
            changes["raw_bytes"] = "drop"
        return ACCEPTED

    def rotate(self, param1: float, _param2: float) -> int:
        """Accept the laptop's next key beside the present one, and alone once it was used.

        Repeating gives the same key.
        """
        box, firewall = self.box, self.box.bridge.firewall
        if param1 != 1 or not firewall.locked or not firewall.verifier or box.bridge.fleet.any_armed():
            return DENIED
        key = next_key(firewall.verifier.key)
        firewall.next_verifier = Verifier(key, firewall.verifier.now_ticks)
        box.changes["keys.laptop_next"] = hexlify(key).decode()
        return ACCEPTED

    def reboot(self, _param1: float, param2: float) -> int:
        """Restart the box; denied while an aircraft is armed."""
        if param2 != 1 or self.box.bridge.fleet.any_armed():
            return DENIED
        self.box.reboot_wanted = True
        return ACCEPTED


def _change(box: Any, target: Any, name: str, value: float, least: int, most: int) -> bool:
    if not least <= value <= most:
        return False
    setattr(target, name, int(value))
    if name == "to_all":
        box.changes["uplink"] = "all" if value else "best"
    elif name == "action":
        box.changes["dead_man.action"] = next(word for word, number in ACTIONS.items() if number == value)
    else:
        box.changes["dead_man." + name] = int(value)
    return True


def _free_memory() -> int:
    return int(gc.mem_free()) if hasattr(gc, "mem_free") else -1  # CPython has no such count
