# mypy: ignore-errors
"""`/main.py` of a board, copied there once.

Any exception ends in a restart, so that a fault never leaves the board at a prompt without its radios. Firmware on
trial that cannot be imported is rolled back by the next start. Ctrl-C at the console opens a prompt during the pause
after an exception, and at any time while no aircraft is armed and the emergency stop is released.
"""

import sys
import time

import machine

try:
    from firmware import boot

    boot.start()
except Exception as error:
    sys.print_exception(error)
    time.sleep(3)
machine.reset()
