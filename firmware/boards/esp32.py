# mypy: ignore-errors
"""Board driver for the ESP32-S3.

A `timeout_char` of one millisecond keeps the UART driver's interrupt threshold; otherwise every byte causes an
interrupt.
"""

import machine

from firmware.boards.mcu import Mcu


class Board(Mcu):
    name = "esp32"
    default_uarts = (1, 2)  # UART 0 is the console's
    uart_pins = {1: (17, 18), 2: (15, 16)}
    card_pins = {"sck": 12, "mosi": 11, "miso": 13, "cs": 10}  # SPI 2 pins without the GPIO matrix

    def uart_options(self):
        options = Mcu.uart_options(self)
        options["timeout_char"] = 1
        return options

    def temperature_c(self):
        import esp32

        return round(esp32.mcu_temperature())

    def card(self, pins):
        wires = {name: machine.Pin(pin) for name, pin in pins.items()}
        return machine.SDCard(slot=2, **wires)
