# mypy: ignore-errors
"""Pyboard and its like (STM32F4, F7, H7): UARTs take their pins from the board, the card is the board's own slot."""

import os

from firmware.boards.mcu import Mcu


class Board(Mcu):
    name = "stm32"

    def uart_options(self):
        # No buffer for sending there: what is written waits, at most one frame's time.
        return {"rxbuf": self.rx_buffer, "timeout": 0}

    def _port(self, settings, i):
        if settings["port"] == "default" and i:
            settings = dict(settings)
            settings["port"] = "uart:" + str((1, 6)[i - 1])
        return Mcu._port(self, settings, i)

    def temperature_c(self):
        import pyb

        return round(
            pyb.ADCAll(12, 0x70000).read_core_temp()
        )  # only the channels inside: pins stay as they are

    def mount_card(self):
        import pyb

        try:
            os.umount("/sd")
        except OSError:
            pass
        os.mount(pyb.SDCard(), "/sd")
