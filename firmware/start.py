# mypy: ignore-errors
"""`/main.py` of a board, copied there once. Whatever goes wrong ends in a restart, never at a prompt with the radios dead: firmware
on trial that cannot even be imported is given up by the next start. Ctrl-C at the console gives a prompt within the pause, and
whenever nothing is armed and the stop is not down."""

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
