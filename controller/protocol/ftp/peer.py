"""MAVLink FTP server of one aircraft or box, as one ground station uses it: request numbers and session.

All machines for one server share one `FtpPeer`. ArduPilot and PX4 answer a request that has the number of the one
before with their last answer, whatever its path or operation: a number must not be used again, also not by the
next machine, nor by the next run of the program.
"""

from __future__ import annotations

import random

from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire.address import GROUND_STATION, Address

# The answers of a burst continue the number of its request, and some may be lost. The next request skips all of them,
# so that the server does not take it for a repeat (ArduPilot keeps its last answer; its bursts have at most 2,000).
SKIPPED = 0x4000


class FtpPeer:
    """FTP server at `target`. `rng` chooses the session to ask for, and the first request number.

    ArduPilot keeps a session number that is not 0; to each request with 0 it gives another session, also to a repeat.
    The request number 65535 is left out: the autopilots do not recognize its repeat.
    """

    def __init__(
        self,
        target: Address,
        rng: random.Random | None = None,
        *,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        rng = rng or random.SystemRandom()
        self.target = target
        self.own_address = own_address
        self.timing = timing
        self.session = rng.randrange(1, 0x100)
        self.open_session: int | None = None  # a file that we opened, and whose closing was not confirmed
        self.next_seq = rng.randrange(0x10000)

    def number(self) -> int:
        """Return the number of the next request."""
        seq = self.next_seq % 0xFFFF
        self.next_seq = seq + 1
        return seq

    def follow(self, seq: int) -> None:
        """Continue after the number of an answer: a later request must not look like a repeat."""
        if (seq - self.next_seq) & 0xFFFF < 0x8000:
            self.next_seq = (seq + 1) & 0xFFFF

    def skip(self) -> None:
        """Leave out the numbers of answers that may be lost."""
        self.next_seq = (self.next_seq + SKIPPED) & 0xFFFF
