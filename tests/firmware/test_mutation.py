"""The dead-man and the firewall, broken on purpose: each mutant must turn one of their own tests red."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import pytest

from firmware import box
from firmware.roles import bridge, firewall, watchdog
from tests.firmware.roles import test_firewall, test_watchdog

DEAD_MAN = [
    ("before the first heartbeat", "self.state = WAITING\n        self.station", "self.state = ALIVE\n        self.station"),
    ("any message counts", "if view.msg_id == HEARTBEAT and view.u8(4) == _TYPE_GCS:", "if True:"),
    ("any heartbeat counts", " and view.u8(4) == _TYPE_GCS:", ":"),
    ("silence is not noticed", "if self.state == ALIVE and diff", "if False and diff"),
    ("holds for ever", "if self.state == HOLDING and diff", "if False and diff"),
    ("does not hold", "if self.state != HOLDING and not", "if not"),
    ("acts at once", ">= self.hold_ms", ">= 0"),
    ("acts on the disarmed", "0, 0, fleet, True)", "0, 0, fleet, False)"),
    ("acts again and again", "self.state = EXPIRED\n            self.ordered = 0", "self.ordered = 0"),
    ("never acts", "if self.action != NOTHING:", "if False:"),
    ("acts though told not to", "if self.action != NOTHING:", "if True:"),
    ("beats on though refused", "(self.order.active or self.order.accepted)", "True"),
    ("stops though accepted", "(self.order.active or self.order.accepted)", "self.order.active"),
    ("its return does not count", "if self.state != ALIVE:", "if self.state == WAITING:"),
    ("its sequence starts anew", "station.next_seq = (view.seq + 1) & 0xFF", "station.next_seq = 0"),
    ("beats too often", "HEARTBEAT_EVERY_MS = 1000", "HEARTBEAT_EVERY_MS = 100"),
]  # fmt: skip

FIREWALL = [
    ("rules are not asked", "        if not verdict:\n", "        if False:\n"),
    ("the default is turned round", "verdict = self.default_allow", "verdict = not self.default_allow"),
    ("allow and refuse are swapped", '1 if rule["allow"] else 0', '0 if rule["allow"] else 1'),
    ("the direction is ignored", '"up": UP, "down": DOWN', '"up": UP | DOWN, "down": UP | DOWN'),
    ("the target is ignored", "1 if target >= 0 else 0", "0"),
    ("the sender's system is ignored", '_number(rule, "system", 0)', "0"),
    ("the sender's component is ignored", '_number(rule, "component", 0)', "0"),
    ("the lock is open", "if not self.locked:", "if True:"),
    ("a forgery is accepted", "if verdict == ACCEPTED:", "if verdict in (ACCEPTED, FORGED):"),
    ("a replay is accepted", "if verdict == ACCEPTED:", "if verdict in (ACCEPTED, REPLAYED):"),
    ("the unsigned is accepted", "if verdict == ACCEPTED:", "if verdict == ACCEPTED or not view.signed():"),
    ("nothing is accepted", "if verdict == ACCEPTED:", "if False:"),
    ("the box does not sign", "return self.signer.sign(view, utc_us)", "return view"),
]  # fmt: skip


def mutated(module: ModuleType, old: str, new: str) -> ModuleType:
    source = inspect.getsource(module)
    assert source.count(old) >= 1, f"{module.__name__} no longer has {old!r}: renew this mutant"
    mutant = ModuleType(module.__name__)
    exec(compile(source.replace(old, new), f"<mutant of {module.__name__}>", "exec"), mutant.__dict__)
    return mutant


def cases(module: ModuleType) -> list[tuple[Any, dict[str, Any]]]:
    """Every test of a module with the arguments of its parametrize marks."""
    found = []
    for name, test in vars(module).items():
        if not name.startswith("test_"):
            continue
        (mark,) = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"] or [None]
        if mark is None:
            found.append((test, {}))
            continue
        names = [mark.args[0]] if isinstance(mark.args[0], str) else list(mark.args[0])
        for values in mark.args[1]:
            found.append((test, dict(zip(names, values if len(names) > 1 else [values], strict=True))))
    return found


def is_caught(module: ModuleType) -> bool:
    for test, arguments in cases(module):
        try:
            test(**arguments)
        except Exception:
            return True
    return False


def put_in(monkeypatch: pytest.MonkeyPatch, original: ModuleType, old: str, new: str) -> None:
    """Who has something of the original has the mutant's instead."""
    for name, thing in vars(mutated(original, old, new)).items():
        for user in (box, bridge):
            if not name.startswith("_") and getattr(user, name, None) is getattr(original, name, user):
                monkeypatch.setattr(user, name, thing)


@pytest.mark.parametrize(("old", "new"), [pytest.param(old, new, id=name) for name, old, new in DEAD_MAN])
def test_a_broken_dead_man_turns_a_test_red(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    put_in(monkeypatch, watchdog, old, new)
    assert is_caught(test_watchdog)


@pytest.mark.parametrize(("old", "new"), [pytest.param(old, new, id=name) for name, old, new in FIREWALL])
def test_a_broken_firewall_turns_a_test_red(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    put_in(monkeypatch, firewall, old, new)
    assert is_caught(test_firewall)


def test_what_is_not_broken_turns_no_test_red(monkeypatch: pytest.MonkeyPatch) -> None:
    put_in(monkeypatch, watchdog, "HEARTBEAT = 0", "HEARTBEAT = 0")
    put_in(monkeypatch, firewall, "UP = 1", "UP = 1")
    assert not is_caught(test_watchdog)
    assert not is_caught(test_firewall)
