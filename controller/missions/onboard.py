"""Mission, fence and rally points on board, as they were last uploaded or downloaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from controller.missions.fence import Fence, RallyPoint
from controller.missions.plan import Plan
from controller.protocol.mission.items import MissionItem
from controller.watchers import Watchers


@dataclass(frozen=True, slots=True)
class OnboardMission:
    """A mission that was uploaded and read back, or downloaded.

    `items` are the plan's items as the aircraft holds them, without the home item.
    """

    plan: Plan
    items: tuple[MissionItem, ...]


@dataclass(frozen=True, slots=True)
class OnboardAreas:
    """Fence and rally points on board; None where they were not downloaded."""

    fence: Fence | None = None
    rally: tuple[RallyPoint, ...] | None = None


class Onboard:
    """What is on board, with the functions that are told of each change."""

    def __init__(self) -> None:
        self._mission: OnboardMission | None = None
        self._areas = OnboardAreas()
        self._watchers = Watchers[[]]()

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher()` when something is known anew. Returns a function that ends the calls."""
        return self._watchers.add(watcher)

    @property
    def mission(self) -> OnboardMission | None:
        """The mission, None while it is not known."""
        return self._mission

    @mission.setter
    def mission(self, mission: OnboardMission | None) -> None:
        self._mission = mission
        self._watchers()

    @property
    def areas(self) -> OnboardAreas:
        """Fence and rally points."""
        return self._areas

    def set_areas(self, *, fence: Fence | None = None, rally: tuple[RallyPoint, ...] | None = None) -> None:
        """Note a fence or rally points; None leaves what is known."""
        if fence is not None:
            self._areas = replace(self._areas, fence=fence)
        if rally is not None:
            self._areas = replace(self._areas, rally=rally)
        self._watchers()
