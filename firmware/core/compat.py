"""CPython's stand-ins for what the MicroPython compiler knows by name, so that one source runs on both.

`@micropython.viper`, `ptr8` and `const` are recognised by MicroPython's compiler in the text itself and never looked up;
CPython looks them up and finds these, which change nothing.
"""


def viper(function):
    """On MicroPython: compiled to machine code with machine integers."""
    return function


def native(function):
    """On MicroPython: compiled to machine code with Python's objects."""
    return function


def const(value):
    """On MicroPython: folded into the code that uses it."""
    return value


ptr8 = bytearray
Any = object  # for annotations: MicroPython has no typing
