"""The first flight after an installation says why it takes a while; the second does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.geodesy import Home
from hil.sim import prepare as preparing


def test_compiling_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    home = Home(47.4, 8.5, 488.0)
    monkeypatch.setattr(preparing, "cache_dir", lambda: tmp_path)
    preparing.prepare("quad_x", home, told.append)
    assert [line.split()[0] for line in told] == ["compiling", "compiled"]
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel" / "advance.nbi").touch()
    told.clear()
    preparing.prepare("quad_x", home, told.append)
    assert told == []
