# mypy: ignore-errors
"""Pyboard and its like (STM32F4, F7, H7): UARTs take their pins from the board, the card is the board's own slot.

Pins have names here. In the settings they are numbers, 16 to a port: PA0 is 0, PB3 is 19, PC6 is 38.
"""

from firmware.boards.mcu import Mcu


class Board(Mcu):
    name = "stm32"
    default_uarts = (1, 6)
    tx_piece = 32  # 6 ms at 57,600 baud

    def uart_options(self):
        # There is no buffer for sending: a write lasts as long as the wire is busy with it.
        return {"rxbuf": self.rx_buffer, "timeout": 0}

    def pin(self, number):
        return "ABCDE"[number // 16] + str(number % 16)

    def _uart(self, port, i):
        uart = Mcu._uart(self, port, i)
        if uart and uart[1]:
            raise ValueError("port " + port + ": this board's UARTs have pins of their own")
        return uart

    def temperature_c(self):
        import pyb

        return round(
            pyb.ADCAll(12, 0x70000).read_core_temp()
        )  # only the channels inside: pins stay as they are

    def card(self, _pins):
        import pyb

        return pyb.SDCard()
