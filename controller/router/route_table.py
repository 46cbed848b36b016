"""Who was heard where: the routes, learned from every frame."""

from __future__ import annotations

from typing import Generic, TypeVar

E = TypeVar("E")

# An endpoint that has not carried a source for this long is no way to it while another one is.
STALE_S = 3.0


class RouteTable(Generic[E]):
    """Sources (system, component) to the endpoints they were heard on, with the time they were last heard there."""

    def __init__(self) -> None:
        self._heard: dict[tuple[int, int], dict[E, float]] = {}
        self._chosen: dict[tuple[int, int], E] = {}

    def learn(self, source: tuple[int, int], endpoint: E, now: float) -> dict[E, float]:
        """`source` was heard on `endpoint`. Returns all endpoints it was heard on."""
        heard = self._heard.get(source)
        if heard is None:
            heard = self._heard[source] = {}
        heard[endpoint] = now
        return heard

    def forget(self, endpoint: E) -> None:
        """The endpoint is gone."""
        for source, heard in list(self._heard.items()):
            heard.pop(endpoint, None)
            if not heard:
                del self._heard[source]
        self._chosen = {source: chosen for source, chosen in self._chosen.items() if chosen != endpoint}

    def ways_to(self, system: int, component: int) -> list[E]:
        """The endpoints a frame for this target goes to, empty when it was never heard.

        Each component is reached over one endpoint only, the one used so far while it lives: an autopilot reached over two
        links would take every command twice. Component 0, and one that never spoke itself, stand for the whole system.
        """
        if component and (system, component) in self._heard:
            return [self._way((system, component))]
        ways: list[E] = []
        for source in self._heard:
            if source[0] == system:
                way = self._way(source)
                if way not in ways:
                    ways.append(way)
        return ways

    def _way(self, source: tuple[int, int]) -> E:
        heard = self._heard[source]
        newest = max(heard, key=heard.__getitem__)
        chosen = self._chosen.get(source)
        if chosen is None or chosen not in heard or heard[newest] - heard[chosen] > STALE_S:
            chosen = self._chosen[source] = newest
        return chosen

    def __contains__(self, source: tuple[int, int]) -> bool:
        return source in self._heard

    def sources(self) -> dict[tuple[int, int], dict[E, float]]:
        """A copy of all that is known."""
        return {source: dict(heard) for source, heard in self._heard.items()}
