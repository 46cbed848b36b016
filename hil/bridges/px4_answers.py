"""How long PX4 is waited for: whether it answers each sample, or only some of them.

In lockstep PX4 sends one HIL_ACTUATOR_CONTROLS each time its outputs are published (SimulatorMavlink.cpp, send): for every sample
of the gyroscope on a copter, as far as IMU_GYRO_RATEMAX lets samples through, but less often where a slower module controls.
"""

from __future__ import annotations

PATIENCE_S = 0.5  # PX4 restarts a module: then one step is made without it
SHORT_PATIENCE_S = 0.01  # for one that answers some samples only, and the others never
FEW = 3  # times that it went on after having left samples out
SOUND = 250  # answers in a row, and it is trusted again


class Answers:
    """Counts them; `patience_s` is how long the next one is waited for."""

    def __init__(self) -> None:
        self._missing = False
        self._left_out = self._in_a_row = 0

    @property
    def seldom(self) -> bool:
        """Whether it is one that answers some samples only."""
        return self._left_out >= FEW

    @property
    def patience_s(self) -> float:
        return SHORT_PATIENCE_S if self.seldom else PATIENCE_S

    def missed(self) -> None:
        """A sample was given up on."""
        self._missing, self._in_a_row = True, 0

    def came(self) -> None:
        """One that was waited for."""
        if self._missing:
            self._missing = False
            self._left_out += 1
            return
        self._in_a_row += 1
        if self._in_a_row >= SOUND:
            self._left_out = 0
