"""Main loop on a board: inputs, lights, watchdog, settings and saved state."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from controller.wire import messages as m
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from firmware import main
from firmware.core.files import Files
from firmware.core.ticks import MASK
from tests.support.box.rig import AIRCRAFT, STATION, MemoryCard, MemoryPort, heartbeat, station_heartbeat

CONFIG: dict[str, Any] = {
    "version": 1,
    "laptop": {"port": "console", "rate_bytes_per_s": 0},
    "radios": [{"port": "uart:0"}, {"port": "uart:1"}],
    "emergency_stop": {"hold_ms": 500, "action": "disarm", "button_hold_ms": 1000},
    "dead_man": {"silent_ms": 3000, "hold_ms": 5000},
}


class Clock:
    """The MicroPython functions of `time`."""

    def __init__(self) -> None:
        self.ms = 0

    def ticks_ms(self) -> int:
        return self.ms

    def ticks_us(self) -> int:
        return self.ms * 1000


class Bench:
    """A board with in-memory ports, and a runner on it."""

    lacks_sensor = False

    def __init__(self, folder: Path, clock: Clock, text: str, card: MemoryCard | None) -> None:
        self.folder = str(folder)
        (folder / "config.json").write_text(text)
        self.files = Files(self.folder)
        self.clock = clock
        self.wires = [MemoryPort() for _ in range(3)]
        self.card = card
        self.stop = self.button = False
        self.fed = 0
        self.interrupts: list[bool] = []
        self.lights: dict[str, list[bool]] = {"link": [], "laptop": [], "record": [], "fault": []}
        self.aircraft, self.station = Encoder(AIRCRAFT), Encoder(STATION)
        self._framers = [Framer() for _ in self.wires]
        self.runner = main.Runner(self, "config.json")

    def ports(self, _: Any) -> list[MemoryPort]:
        return self.wires

    def store(self, _: Any) -> MemoryCard | None:
        return self.card

    def utc_us(self) -> int:
        return 0

    def temperature_c(self) -> int | None:
        if self.lacks_sensor:
            raise AttributeError("'module' object has no attribute 'mcu_temperature'")
        return None

    def pressed(self) -> bool:
        return self.stop

    def confirmed(self) -> bool:
        return self.button

    def light(self, name: str, lit: bool) -> None:
        self.lights[name].append(lit)

    def feed_watchdog(self) -> None:
        self.fed += 1

    def allow_interrupt(self, may: bool) -> None:
        self.interrupts.append(may)

    def run(self, ms: int, *, radios: int = 2, laptop: bool = True, armed: bool = True) -> None:
        for _ in range(ms // 10):
            if self.clock.ms % 500 == 0:
                for i in range(radios):
                    self.wires[1 + i].feed(self.aircraft.pack(heartbeat(armed=armed)))
                if laptop:
                    self.wires[0].feed(self.station.pack(station_heartbeat()))
            self.clock.ms = (self.clock.ms + 10) & MASK
            self.runner.turn()

    def out(self, wire: int) -> list[Any]:
        data = bytes(self.wires[wire].sent)
        self.wires[wire].sent.clear()
        return self._framers[wire].feed(data)

    def commands(self) -> list[int]:
        return [int(f.message().command) for f in self.out(1) if f.name == "COMMAND_LONG"]

    def rhythm(self, light: str, **how: Any) -> str:
        """What a light does over four seconds: on, off, slow, fast or blink."""
        self.lights[light].clear()
        self.run(4000, **how)
        seen = self.lights[light]
        if not seen:
            return "none"
        changes = sum(a != b for a, b in pairwise(seen))
        if not changes:
            return "on" if seen[0] else "off"
        share = sum(seen) / len(seen)
        return "fast" if changes > 10 else "slow" if share > 0.3 else "blink"


@contextmanager
def bench(*, text: str = "", card: MemoryCard | None = None, **changes: Any) -> Iterator[Bench]:
    """Return the module `main` with a clock that the test sets."""
    names = main.Runner.turn.__globals__
    real, clock = names["time"], Clock()
    names["time"] = clock
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield Bench(Path(folder), clock, text or json.dumps({**CONFIG, **changes}), card)
    finally:
        names["time"] = real


def test_a_chip_without_a_sensor_of_temperature_starts_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bench, "lacks_sensor", True)
    with bench() as board:
        assert "TEMP" not in [name for name, _ in board.runner.box.controls.status]


def test_the_stops_input_is_read_and_reaches_the_aircraft() -> None:
    with bench() as board:
        board.run(1000)
        assert board.commands() == []
        board.stop = True
        board.run(600)
        assert board.commands() == [400]


def test_the_buttons_input_is_read_and_reaches_the_aircraft() -> None:
    with bench() as board:
        board.run(1000)
        board.button = True
        board.run(900)
        assert board.commands() == []
        board.run(300)
        assert board.commands() == [20]


def test_the_link_light_tells_how_many_radios_are_heard() -> None:
    with bench() as board:
        board.run(1000)
        assert [board.rhythm("link", radios=radios) for radios in (2, 1)] == ["on", "slow"]
        board.run(4000, radios=0)
        assert board.rhythm("link", radios=0) == "fast"


def test_the_laptop_light_tells_whether_it_is_there_stood_in_for_or_given_up() -> None:
    with bench() as board:
        assert board.rhythm("laptop", laptop=False) == "off"
        assert board.rhythm("laptop") in ("on", "slow")  # from off to on
        assert board.rhythm("laptop") == "on"
        board.run(3000, laptop=False)
        assert board.rhythm("laptop", laptop=False) == "slow"
        board.run(3000, laptop=False)
        assert board.rhythm("laptop", laptop=False) == "fast"


def test_without_a_dead_man_the_laptop_light_is_on_only_while_a_laptop_is_heard() -> None:
    with bench(dead_man={"enabled": False}) as board:
        assert board.rhythm("laptop", laptop=False) == "off"
        board.run(1000)
        assert board.rhythm("laptop") == "on"
        board.run(6000, laptop=False)
        assert board.rhythm("laptop", laptop=False) == "off"


def test_the_record_light_flashes_while_recording_and_hurries_without_a_card() -> None:
    card = MemoryCard()
    with bench(card=card) as board:
        assert board.rhythm("record") == "blink"
        card.error = OSError("no card")
        board.run(4000)
        assert board.rhythm("record") == "fast"
    with bench() as board:
        assert board.rhythm("record") == "none"


def test_the_fault_light_blinks_fast_while_an_input_is_held_and_slowly_until_the_ack() -> None:
    stop = {"hold_ms": 5000, "button_hold_ms": 5000}
    for name in ("stop", "button"):
        with bench(emergency_stop=stop) as board:
            assert board.rhythm("fault") == "off"
            setattr(board, name, True)
            assert board.rhythm("fault") == "fast"
            board.run(1500)
            assert board.commands() != []
            assert board.rhythm("fault") == "slow"
            number = 21 if name == "stop" else 20
            board.wires[1].feed(board.aircraft.pack(m.COMMAND_ACK(command=number, target_system=255)))
            board.run(100)
            assert board.rhythm("fault") == "off"


def test_the_fault_light_is_on_while_something_is_wrong() -> None:
    with bench() as board:
        board.run(100)
        board.runner.box.problems += 1
        assert board.rhythm("fault") == "on"


def test_the_watchdog_is_fed_by_a_box_that_pumps_and_starved_by_one_that_does_not() -> None:
    with bench() as board:
        board.run(2000, armed=False)
        assert board.fed == 200
        board.wires[0].raises = OSError("gone")
        board.run(1000, armed=False)
        fed = board.fed
        board.run(10_000, armed=False)
        assert board.fed == fed


HOLD_MS = m.PARAM_SET(target_system=254, param_id="BOX_HOLD_MS", param_value=7000, param_type=9)


def test_ctrl_c_ends_the_box_only_while_disarmed_and_the_stop_is_released() -> None:
    with bench() as board:
        board.run(1000, armed=False)
        assert board.interrupts == []
        board.run(1000)
        assert board.interrupts == [False]
        board.run(1000, armed=False)
        assert board.interrupts == [False, True]
        board.stop = True
        board.run(20, armed=False)
        board.stop = False
        board.run(20, armed=False)
        assert board.interrupts == [False, True] * 2


def test_settings_are_stored_only_while_nothing_is_armed() -> None:
    with bench() as board:
        board.run(1000)
        board.wires[0].feed(board.station.pack(HOLD_MS))
        board.run(3000)
        file = Path(board.folder) / "config.json"
        assert json.loads(file.read_text())["dead_man"]["hold_ms"] == 5000
        board.run(1000, armed=False)
        assert json.loads(file.read_text())["dead_man"]["hold_ms"] == 7000


def test_settings_count_as_good_after_half_a_minute_not_before() -> None:
    with bench() as board:
        good = Path(board.folder) / "config.good.json"
        board.run(29_000)
        assert not good.exists()
        board.run(2000)
        assert json.loads(good.read_text()) == CONFIG


def test_a_wrong_configuration_is_said_and_shown() -> None:
    with bench(text='{"version": 2}') as board:
        board.run(1000)
        texts = [f.message().text for f in board.out(0) if f.name == "STATUSTEXT"]
        assert any(text.startswith("config.json: version") for text in texts)
        assert board.rhythm("fault") == "on"


@pytest.mark.parametrize("sign", [False, True])
def test_signing_timestamps_are_saved_every_minute_and_loaded_at_start(sign: bool) -> None:
    keys = {"laptop": "11" * 32, "aircraft": "22" * 32}
    with bench(keys=keys, firewall={"locked": True, "sign": sign}) as board:
        firewall: Any = board.runner.box.bridge.firewall
        firewall.verifier.now_ticks = 5_000_000
        if sign:
            firewall.signer.last_ticks = 7_000_000
        board.run(61_000)
        noted = json.loads(board.files.read("state.json"))
        assert noted["heard_ticks"] == 5_000_000
        assert noted["signing_ticks"] >= (13_000_000 if sign else 0)
        again = main.Runner(board, "config.json").box.bridge.firewall
        assert again.verifier is not None
        assert again.verifier.now_ticks == 5_000_000
        assert again.signer is None or again.signer.last_ticks == noted["signing_ticks"]
