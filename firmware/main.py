# mypy: disable-error-code="attr-defined, no-redef, no-untyped-call"
"""Main loop of the box on its board; started by `boot.py`."""

import json
import os
import sys
import time

from firmware.box import Box
from firmware.config import ConfigError
from firmware.core.compat import Any
from firmware.core.disk import Disk
from firmware.core.files import Files
from firmware.core.ticks import MASK, diff
from firmware.roles.dead_man import WAITING
from firmware.roles.lights import fault_pattern, is_lit, laptop_pattern, link_pattern, record_pattern
from firmware.roles.recorder import RECORDING
from firmware.roles.update import REPORT, confirm
from firmware.settings import Settings

GOOD_AFTER_MS = 30_000
NOTE_EVERY_MS = 60_000
LOAD_OVER_US = 1_000_000
LIGHTS_EVERY_MS = 50


def board_for(platform: str, folder: str) -> Any:
    """Return the board driver for `sys.platform`; imports only that driver."""
    if platform == "rp2":
        from firmware.boards import pico as board
    elif platform == "esp32":
        from firmware.boards import esp32 as board
    elif platform == "pyboard":
        from firmware.boards import stm32 as board
    else:
        from firmware.boards import unix as board
    return board.Board(folder)


class Runner:
    """Runs a box on its board: inputs, lights, watchdog, settings and saved state around each turn of the loop."""

    def __init__(self, board: Any, config_name: str) -> None:
        self.board = board
        self.folder = board.folder
        stem = config_name[:-5] if config_name[-5:] == ".json" else config_name
        self.settings = Settings(board.files, config_name, stem + ".good.json")
        now_us = time.ticks_us() & MASK
        self.box: Box = self.settings.load(lambda config: self._make(config, now_us))
        path = self._record_folder(self.box.config)
        if board.utc_us():
            self.box.clock.set(board.utc_us())
        if self.settings.problem:
            self.box.problems += 1
            self.box.bridge.send_text(4, self.settings.problem)
        if _has_temperature(board):
            self.box.controls.status.append(("TEMP", lambda: board.temperature_c() or 0))
        self._card = path
        self._span_us = self._busy_us = 0
        self._turned_us = now_us
        self._update = _read_text(Disk(board.folder), REPORT)
        self.started_ms = self.now_ms()
        self._noted_ms = self._lights_ms = self.started_ms
        self._kept = False
        self._in_use = False

    def _make(self, config: dict[str, Any], now_us: int) -> Box:
        """Return the box of a configuration.

        Raises ValueError, OSError, MemoryError, ImportError or AttributeError when this board does not support it.
        """
        ports = self.board.ports(config)
        store = self.board.store(config)
        # Saved state is written to the record's card: writing to an RP2's flash stops its UARTs.
        path = self._record_folder(config)
        self.notes = Files(path) if path else self.board.files
        used, heard = _saved_ticks(self.notes)
        return Box(config, ports, now_us, store, used, heard)

    def _record_folder(self, config: dict[str, Any]) -> str:
        return str(config["recorder"]["path"].rpartition("/")[0])

    def _report_update(self) -> None:
        """Send the result of an update once a ground station is connected; it is kept until then, also over a
        restart.
        """
        dead_man = self.box.bridge.dead_man
        if not self._update or (dead_man and dead_man.state == WAITING):
            return
        said, self._update = self._update, ""
        self.box.bridge.send_text(6 if said.startswith("firmware") else 4, said)
        try:
            Disk(self.folder).remove(REPORT)
        except OSError:
            pass  # it is sent again after the next start

    def now_ms(self) -> int:
        return int(time.ticks_ms()) & MASK

    def turn(self) -> int:
        box, board = self.box, self.board
        now_ms = self.now_ms()
        now_us = time.ticks_us() & MASK
        box.press(board.pressed(), board.confirmed(), now_ms)
        self._set_interrupt()
        moved = box.turn(now_ms, now_us)
        self._count(now_us)
        if box.supervisor.may_feed(now_ms):
            board.feed_watchdog()
        if diff(now_ms, self._lights_ms) >= LIGHTS_EVERY_MS:
            self._lights_ms = now_ms
            self._show(now_ms)
            self._report_update()
        if diff(now_ms, self._noted_ms) >= NOTE_EVERY_MS:
            self._noted_ms = now_ms
            self._save_state()
            if self._card and not box.bridge.fleet.any_armed():
                self._check_card()
        if box.changes and not box.bridge.fleet.any_armed():
            self._store_changes(now_ms)
        if not self._kept and diff(now_ms, self.started_ms) >= GOOD_AFTER_MS:
            self._kept = True
            self._confirm()
        return moved

    def _set_interrupt(self) -> None:
        """Disable Ctrl-C in flight: its byte (3) is in every HEARTBEAT that reaches the console by mistake."""
        bridge = self.box.bridge
        in_use = bridge.fleet.any_armed() or bool(bridge.estop and bridge.estop.is_down)
        if in_use != self._in_use:
            self._in_use = in_use
            self.board.allow_interrupt(not in_use)

    def _count(self, began_us: int) -> None:
        """Update the CPU load in percent, over about a second."""
        self._span_us += diff(began_us, self._turned_us)
        self._turned_us = began_us
        self._busy_us += diff(time.ticks_us() & MASK, began_us)
        if self._span_us >= LOAD_OVER_US:
            self.box.load_percent = min(100, self._busy_us * 100 // self._span_us)
            self._span_us = self._busy_us = 0

    def _check_card(self) -> None:
        """Read the free space; on the ground only, as some cards have to be scanned for it."""
        try:
            found = os.statvfs(self._card)
            self.box.card_free_kb = found[1] * found[3] // 1024
        except (OSError, AttributeError):
            self.box.card_free_kb = -1

    def _show(self, now_ms: int) -> None:
        bridge, board = self.box.bridge, self.board
        alive = 0
        for radio in bridge.failover.radios:
            alive += 1 if radio.alive else 0
        recorder = self.box.recorder
        board.light("link", is_lit(link_pattern(alive, len(bridge.radios)), now_ms))
        board.light("laptop", is_lit(laptop_pattern(bridge.laptop_state(now_ms)), now_ms))
        if recorder:
            board.light(
                "record", is_lit(record_pattern(recorder.state != 0, recorder.state == RECORDING), now_ms)
            )
        acting = bridge.commands
        fault = fault_pattern(acting.is_confirming(), acting.is_unanswered(), self.box.is_critical())
        board.light("fault", is_lit(fault, now_ms))

    def _save_state(self) -> None:
        used, heard = self.box.signing_ticks(), self.box.heard_ticks()
        if used or heard:
            try:
                self.notes.replace("state.json", json.dumps({"signing_ticks": used, "heard_ticks": heard}))
            except OSError as error:
                self.box.supervisor.fault("state", error, self.now_ms())

    def _store_changes(self, now_ms: int) -> None:
        """Save changed settings; on the ground only, as a write to flash blocks the board."""
        changes, self.box.changes = self.box.changes, {}
        try:
            self.settings.change(changes)
        except (OSError, ConfigError) as error:
            self.box.supervisor.fault("settings", error, now_ms)
        else:
            self._kept, self.started_ms = False, now_ms

    def _confirm(self) -> None:
        """Mark configuration and firmware as good, after half a minute of running."""
        if self.settings.problem:
            return
        try:
            self.settings.keep()
            confirm(Disk(self.folder))
        except OSError as error:
            self.box.supervisor.fault("settings", error, self.now_ms())


def _has_temperature(board: Any) -> bool:
    """Whether the processor's temperature can be read; any error means no, as it must not prevent the start."""
    try:
        return board.temperature_c() is not None
    except Exception:
        return False


def _read_text(disk: Disk, name: str) -> str:
    try:
        return str(disk.read(name), "utf-8")
    except (OSError, ValueError):
        return ""


def _saved_ticks(files: Any) -> "tuple[int, int]":
    """Return the signing timestamps of the previous run, (used, received from the laptop); 0 if none was saved."""
    try:
        noted = json.loads(files.read("state.json"))
        return int(noted["signing_ticks"]), int(noted["heard_ticks"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0, 0


def run(folder: str, name: str) -> None:
    """Run until power-off or a reboot command; `name` is the settings file in `folder`.

    The signature is fixed: an older `boot.py` may call it.
    """
    board = board_for(sys.platform, folder)
    try:
        runner = Runner(board, name)
    except ConfigError as error:
        if sys.platform != "linux":
            raise  # even the defaults do not fit this board: `start.py` prints the error and restarts
        print(error)
        sys.exit(2)
    if sys.platform == "linux":
        config = runner.box.config
        ports = [port["port"] for port in [config["laptop"]] + config["radios"]]
        print(json.dumps({"event": "ready", "ports": ports, "problem": runner.settings.problem}))
    try:
        while not runner.box.reboot_wanted:
            if not runner.turn():
                board.rest()
    finally:
        _finish(runner)
    board.reboot()


def _finish(runner: Runner) -> None:
    """Write the buffered blocks and the saved state to the card."""
    recorder = runner.box.recorder
    if recorder:
        recorder.stop()
        for _ in range(8 * 16):
            recorder.step(runner.now_ms())
    runner._save_state()
