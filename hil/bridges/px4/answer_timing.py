"""Timing of PX4's answers in lockstep: how long to wait for an answer, and which sample it belongs to.

In lockstep PX4 sends one HIL_ACTUATOR_CONTROLS whenever its outputs are published (SimulatorMavlink.cpp, send): on a
copter for every gyroscope sample that IMU_GYRO_RATEMAX lets through, but less often where a slower module controls.
"""

from __future__ import annotations

TIMEOUT_S = 0.5  # when PX4 restarts a module, one step is made without it
SHORT_TIMEOUT_S = 0.01  # for a PX4 that answers only some samples
FEW = 3  # answers after skipped samples until the short timeout is used
MAX_LATE = 10  # late answers in a row before stamps are ignored
RELIABLE = 250  # answers in a row until the long timeout is used again


class AnswerTimeout:
    """Timeout for the next answer, which depends on how many samples PX4 skips."""

    def __init__(self) -> None:
        self._timed_out = False
        self._skipped = self._in_a_row = 0

    @property
    def skips_samples(self) -> bool:
        """Whether PX4 answers only some samples."""
        return self._skipped >= FEW

    @property
    def timeout_s(self) -> float:
        """How long to wait for the next answer, s."""
        return SHORT_TIMEOUT_S if self.skips_samples else TIMEOUT_S

    def timed_out(self) -> None:
        """Note that a sample got no answer in time."""
        self._timed_out, self._in_a_row = True, 0

    def answered(self) -> None:
        """Note an answer in time."""
        if self._timed_out:
            self._timed_out = False
            self._skipped += 1
            return
        self._in_a_row += 1
        if self._in_a_row >= RELIABLE:
            self._skipped = 0


class AnswerStamps:
    """Assigns an answer to a sample by its time stamp: an answer to an older sample must not release the next one.

    A stamp is PX4's clock at sending (SimulatorMavlink.cpp). In lockstep this is the time of the last sample minus
    that of the first (drv_hrt.cpp, px4_clock_settime; some releases advance a little more). The constant is learnt as
    the smallest delay of a stamp. Where stamps make no sense they are ignored, as waiting for them would never end.
    """

    def __init__(self) -> None:
        self._least_us: int | None = None
        self._last_us = 0
        self._in_a_row = 0
        self.trusted = True
        self.late = 0

    def clock_went_back(self, stamp_us: int) -> bool:
        """Return whether PX4's clock went back since the last stamp, and learn its offset anew if so."""
        back, self._last_us = stamp_us < self._last_us, stamp_us
        if back:
            self._least_us = None
        return back

    def is_late(self, sample_us: int, stamp_us: int, period_us: float) -> bool:
        """Return whether this answer is for an earlier sample than the last, which was sent at `sample_us`."""
        behind_us = sample_us - stamp_us
        if self._least_us is None or behind_us < self._least_us:
            self._least_us = behind_us
        if not self.trusted or behind_us < self._least_us + 0.5 * period_us:
            self._in_a_row = 0
            return False
        self.late += 1
        self._in_a_row += 1
        self.trusted = self._in_a_row < MAX_LATE
        return self.trusted
