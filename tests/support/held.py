"""A machine of its own for tests of the ledger of data: data, cache and temporary folders below a test's folder."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from controller.app.held.survey import HeldFile, Places, held_files, known_places
from controller.logs.record.recorder import FlightRecorder
from tests.support.logs.logged_flights import START_US, write_flight

NAME = "20260517T064000Z-copter-1"
NOW_S = START_US / 1e6 + 7 * 86_400


@dataclass(frozen=True)
class Machine:
    """Folders of a machine; `flights` is the folder of flights in use."""

    home: Path
    temporary: Path

    @property
    def flights(self) -> Path:
        return self.home / "flights"

    @property
    def places(self) -> Places:
        return known_places(self.flights if self.flights.is_dir() else None)

    def files(self) -> list[HeldFile]:
        return list(held_files(self.places))

    def kinds(self) -> dict[str, str]:
        """Return the kind of each file below the machine's folders, by its path there."""
        root = self.home.parent
        return {
            file.path.relative_to(root).as_posix(): file.kind.name
            for file in self.files()
            if file.path.is_relative_to(root)
        }

    def flight(self, name: str = NAME, **more: int) -> Path:
        """Write a flight without a chain."""
        return write_flight(self.flights, name, **more)  # type: ignore[arg-type]

    def recorded(self, vehicle: str = "copter") -> Path:
        """Record a flight with chain and ledger."""
        recorder = FlightRecorder.start(
            self.flights, vehicle=vehicle, clock=_Clock(), keys=self.home / "keys", durable=False
        )
        recorder.params({"A": 1.0})
        return recorder.close().folder


class _Clock:
    def now(self) -> float:
        return 1.0

    def utc_us(self) -> int:
        return START_US


def machine_in(folder: Path, patch: pytest.MonkeyPatch) -> Machine:
    """Return an empty machine below `folder`, for this process and for its children."""
    made = Machine(folder / "home", folder / "temporary")
    made.home.mkdir()
    made.temporary.mkdir()
    patch.setenv("LANDLINE_HOME", str(made.home))
    patch.setenv("LANDLINE_CONFIG", str(folder / "config"))
    patch.setenv("LANDLINE_CACHE", str(folder / "cache"))
    patch.setenv("TMPDIR", str(made.temporary))
    patch.setattr(tempfile, "tempdir", str(made.temporary))
    return made
