# mypy: ignore-errors
"""Board driver for the Raspberry Pi Pico and Pico 2 (RP2040, RP2350).

A write to the internal flash stops both cores and loses UART bytes, so in flight only the small state file is written
there, once a minute; the record is written to a card on SPI 1 (package `sdcard`).
"""

import machine

from firmware.boards.mcu import Mcu


class Board(Mcu):
    name = "pico"
    watchdog_ms = 8000  # the RP2040's limit is 8388
    uart_pins = {0: (0, 1), 1: (4, 5)}
    card_pins = {"sck": 10, "mosi": 11, "miso": 12, "cs": 13}

    def temperature_c(self):
        # RP2040 datasheet, 4.9.5: 0.706 V at 27 degrees, -1.721 mV per degree.
        volts = machine.ADC(4).read_u16() * 3.3 / 65535
        return round(27 - (volts - 0.706) / 0.001721)

    def card(self, pins):
        import sdcard

        number = pins["sck"] // 8 % 2  # RP2040 datasheet, 1.4.3: the SPI number alternates every eight pins
        wires = {name: machine.Pin(pins[name]) for name in ("sck", "mosi", "miso")}
        spi = machine.SPI(number, baudrate=10_000_000, **wires)
        return sdcard.SDCard(spi, machine.Pin(pins["cs"]))
