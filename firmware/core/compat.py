"""CPython equivalents of MicroPython's compiler directives, so that the same source runs on both.

MicroPython's compiler recognises `@micropython.viper`, `ptr8` and `const` in the source text and never looks them up;
CPython imports these definitions, which change nothing.
"""


def viper(function):
    """MicroPython: compile to machine code with machine integers."""
    return function


def native(function):
    """MicroPython: compile to machine code with Python objects."""
    return function


def const(value):
    """MicroPython: inline the constant."""
    return value


ptr8 = bytearray
Any = object  # for annotations: MicroPython has no typing
