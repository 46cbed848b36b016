# mypy: ignore-errors
"""ESP32-S3.

A `timeout_char` of a millisecond keeps the driver's threshold for interrupts; without it there is one a byte.
"""

import os

import machine

from firmware.boards.mcu import Mcu


class Board(Mcu):
    name = "esp32"
    uart_pins = {1: (17, 18), 2: (15, 16)}

    def uart_options(self):
        options = Mcu.uart_options(self)
        options["timeout_char"] = 1
        return options

    def _port(self, settings, i):
        if settings["port"] == "default" and i:
            settings = dict(settings)
            settings["port"] = "uart:" + str(i)  # UART 0 is the console's
        return Mcu._port(self, settings, i)

    def temperature_c(self):
        import esp32

        return round(esp32.mcu_temperature())

    def mount_card(self):
        try:
            os.umount("/sd")
        except OSError:
            pass
        os.mount(machine.SDCard(slot=2), "/sd")
