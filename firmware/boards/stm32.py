# mypy: ignore-errors
"""Board driver for Pyboard and similar boards (STM32F4, F7, H7), with fixed UART pins and a built-in card slot.

The settings give pins as numbers, 16 to a port: PA0 is 0, PB3 is 19, PC6 is 38.
"""

from firmware.boards.mcu import Mcu


class Board(Mcu):
    name = "stm32"
    default_uarts = (1, 6)
    tx_piece = 32  # 6 ms at 57,600 baud

    def uart_options(self):
        # No transmit buffer: a write blocks until its bytes are sent.
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
