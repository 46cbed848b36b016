"""Firewall between laptop and aircraft: the first matching rule decides, else the default.

A refusing rule with a target matches frames to that system, broadcasts (0) and unknown messages; an allowing rule
matches frames to that system only. Messages without a target field, as HEARTBEAT, match neither.

In locked mode an uplink frame needs a valid signature of the laptop's key; replays are refused. With a signer the box
signs the uplink, so that the aircraft's key never leaves the box.
"""

from firmware.core import compat as micropython
from firmware.mavlite.frame import View
from firmware.mavlite.hot import first_rule
from firmware.mavlite.signing import ACCEPTED, FORGED, REPLAYED, Signer, Verifier
from firmware.mavlite.table import TABLE

UP = 1
DOWN = 2


def compile_rules(rules: "list[dict[str, object]]") -> bytearray:
    """Compile rules to 12 bytes each: directions, allow, system, component (0: any), has target, target, message
    range.
    """
    table = bytearray()
    for rule in rules:
        direction = {"up": UP, "down": DOWN, "both": UP | DOWN}[str(rule["direction"])]
        target = _number(rule, "target", -1)
        first = _number(rule, "first_message", 0)
        last = _number(rule, "last_message", 0xFFFFFF)
        table += bytes(
            (
                direction,
                1 if rule["allow"] else 0,
                _number(rule, "system", 0),
                _number(rule, "component", 0),
                1 if target >= 0 else 0,
                max(target, 0),
            )
        )
        table += first.to_bytes(3, "little") + last.to_bytes(3, "little")
    return table


def _number(rule: "dict[str, object]", name: str, default: int) -> int:
    value = rule.get(name, default)
    return value if isinstance(value, int) else default


class Firewall:
    def __init__(
        self,
        rules: bytearray,
        default_allow: bool,
        locked: bool,
        verifier: "Verifier | None",
        signer: "Signer | None",
    ) -> None:
        self.rules = rules
        self.default_allow = default_allow
        self.locked = locked
        self.verifier = verifier
        self.next_verifier: Verifier | None = None  # accepts the laptop's next key until its first use
        self.key_changed = False
        self.signer = signer
        self.passed = 0
        self.refused_by_rule = 0
        self.refused_unsigned = 0
        self.refused_forged = 0
        self.refused_replay = 0

    def has_rules(self) -> bool:
        return len(self.rules) > 0 or not self.default_allow

    @micropython.native
    def allows(self, direction: int, view: View) -> bool:
        """Whether the rules allow a frame, regardless of signatures."""
        row = view.row
        target = 0
        if row >= 0:
            target = view.u8(TABLE[row + 4]) if TABLE[row + 4] != 255 else -1
        verdict = first_rule(
            self.rules, len(self.rules), direction, view.system, view.component, target, view.msg_id
        )
        if verdict < 0:
            verdict = self.default_allow
        if not verdict:
            self.refused_by_rule += 1
            return False
        return True

    def is_authentic(self, view: View) -> bool:
        """Whether a frame from the laptop is accepted: always, or when locked, by its signature."""
        if not self.locked:
            return True
        if self.verifier is None:
            self.refused_unsigned += 1
            return False
        verdict = self.verifier.check(view)
        if verdict == FORGED and self.next_verifier and self.next_verifier.check(view) == ACCEPTED:
            self.verifier, self.next_verifier = self.next_verifier, None
            self.key_changed = True
            verdict = ACCEPTED
        if verdict == ACCEPTED:
            return True
        if verdict == FORGED:
            self.refused_forged += 1
        elif verdict == REPLAYED:
            self.refused_replay += 1
        else:
            self.refused_unsigned += 1
        return False

    def signed(self, view: View, utc_us: int) -> "View | None":
        """Return the uplink frame, signed if the box has a key.

        None for an unknown message, whose checksum cannot be recomputed.
        """
        if self.signer is None:
            self.passed += 1
            return view
        if view.row < 0:
            self.refused_unsigned += 1
            return None
        self.passed += 1
        return self.signer.sign(view, utc_us)
