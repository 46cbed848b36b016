"""How long PX4 is waited for, and which sample an answer is for: whether it answers each, or only some of them.

In lockstep PX4 sends one HIL_ACTUATOR_CONTROLS each time its outputs are published (SimulatorMavlink.cpp, send): for every sample
of the gyroscope on a copter, as far as IMU_GYRO_RATEMAX lets samples through, but less often where a slower module controls.
"""

from __future__ import annotations

PATIENCE_S = 0.5  # PX4 restarts a module: then one step is made without it
SHORT_PATIENCE_S = 0.01  # for one that answers some samples only, and the others never
FEW = 3  # times that it went on after having left samples out
MAX_LATE = 10  # answers in a row, before their stamps are thought to mean something else
SOUND = 250  # answers in a row, and it is trusted again


class AnswerTimeout:
    """Counts them; `timeout_s` is how long the next one is waited for."""

    def __init__(self) -> None:
        self._missing = False
        self._left_out = self._in_a_row = 0

    @property
    def skips_samples(self) -> bool:
        """Whether it is one that answers some samples only."""
        return self._left_out >= FEW

    @property
    def timeout_s(self) -> float:
        return SHORT_PATIENCE_S if self.skips_samples else PATIENCE_S

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


class AnswerStamps:
    """Which sample an answer is for, by its stamp: an answer to an older one must not release the next.

    A stamp is PX4's clock at sending (SimulatorMavlink.cpp), which in lockstep is the last sample's time less that of the first
    (drv_hrt.cpp, px4_clock_settime; some releases count on a little); that constant is learnt as the least that a stamp was ever
    behind. Where stamps make no sense they are not looked at any more, for waiting on them would never end.
    """

    def __init__(self) -> None:
        self._least_us: int | None = None
        self._last_us = 0
        self._in_a_row = 0
        self.believed = True
        self.late = 0

    def went_back(self, stamp_us: int) -> bool:
        """Whether PX4's clock went back since the last stamp; what was learnt of it is forgotten then."""
        back, self._last_us = stamp_us < self._last_us, stamp_us
        if back:
            self._least_us = None
        return back

    def is_late(self, sample_us: int, stamp_us: int, period_us: float) -> bool:
        """Whether this is no answer to the sample sent last, at `sample_us` of the simulation."""
        behind_us = sample_us - stamp_us
        if self._least_us is None or behind_us < self._least_us:
            self._least_us = behind_us
        if not self.believed or behind_us < self._least_us + 0.5 * period_us:
            self._in_a_row = 0
            return False
        self.late += 1
        self._in_a_row += 1
        self.believed = self._in_a_row < MAX_LATE
        return self.believed
