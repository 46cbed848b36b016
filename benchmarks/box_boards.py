"""A budget for boards out of instructions measured here: `python -m benchmarks.box_boards`.

An estimate, no measurement on a board.

What a board needs in cycles for an x86-64 instruction of MicroPython's is taken from a program that was timed on both
sides: a pystone is 45,705 x86-64 instructions of the unix port (callgrind; pystone_lowmem 3.4.2 from PyPI, 300
against 1,300 passes), and a Pyboard (STM32F405, 168 MHz) does 1,847.56 a second (MicroPython's pull request 4858,
misc_pystone): 90,931 cycles, so 1.99 for each. The other boards are set against the Pyboard by a second program,
timed on all of them (scruss.com, "Parallel MicroPython Benchmarking": Pyboard 13.0 s, RP2040 at 125 MHz 19.8 s,
RP2350 at 150 MHz 10.3 s, ESP32-S3 at 240 MHz 8.9 s).

In these factors are the instructions that Thumb and Xtensa need more or fewer of than x86-64, cycles an instruction,
and the caches before the flash - of those programs. Assumed is that the firmware is like them. It differs in three
ways: more of it is machine code (`native`, `viper`), which lies in RAM or flash as the image has it; it touches more
code a turn than such a small program, which misses a cache of 16 kB more often; and its ports are memory, without the
drivers of UART and USB. Hence a reserve of a half.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from benchmarks.box import PLANS, instructions_per_byte
from benchmarks.measure import machine

PYSTONE_INSTRUCTIONS = 45_705
PYBOARD_HZ, PYBOARD_PYSTONES_S, PYBOARD_S = 168e6, 1847.56, 13.0
RESERVE = 0.5
RADIO_BYTES_S = 5760  # 57,600 baud
MEASURED = ("bridge", "two", "rules", "record", "all", "sign")


@dataclass(frozen=True)
class Board:
    """`timed_s` is what the second program took at `timed_hz`; `hz` is what the board is run at."""

    name: str
    hz: float
    timed_hz: float
    timed_s: float

    @property
    def cycles(self) -> float:
        """For one of this machine's instructions."""
        pyboard = PYBOARD_HZ / PYBOARD_PYSTONES_S / PYSTONE_INSTRUCTIONS
        return pyboard * (self.timed_hz * self.timed_s) / (PYBOARD_HZ * PYBOARD_S)


BOARDS = (
    Board("RP2040, 133 MHz", 133e6, 125e6, 19.8),
    Board("RP2350, 150 MHz", 150e6, 150e6, 10.3),
    Board("STM32F405, 168 MHz", 168e6, 168e6, 13.0),
    Board("ESP32-S3, 240 MHz", 240e6, 240e6, 8.9),
)


def main() -> None:
    if not shutil.which("valgrind"):
        print("valgrind is not here")
        return
    found = {plan: instructions_per_byte(plan) for plan in MEASURED}
    print(f"{machine()}\n\n| bytes a second with a reserve of {RESERVE:.0%} | instructions a byte |", end="")
    print(" | ".join(f" {board.name} ({board.cycles:.2f} cycles)" for board in BOARDS), "|")
    print("|---|---|" + "---|" * len(BOARDS))
    for plan, count in found.items():
        rates = [board.hz * RESERVE / (count * board.cycles) for board in BOARDS]
        print(f"| {PLANS[plan]} | {count:,.0f} | " + " | ".join(f"{rate:,.0f}" for rate in rates) + " |")
    print("\nshare of the processor, without reserve, at 57,600 baud with everything on the wire:")
    for board in BOARDS:
        one = 2 * RADIO_BYTES_S * found["record"] * board.cycles / board.hz
        # Down the same comes twice and is passed once; up it goes over the best radio, signed.
        two = RADIO_BYTES_S * (found["all"] + found["sign"]) * board.cycles / board.hz
        print(
            f"  {board.name}: one radio, recorded {one:.0%}; two radios, rules, recorded, signed up {two:.0%}"
        )


if __name__ == "__main__":
    main()
