"""Route table: the endpoints on which each sender was received, learned from every frame."""

from __future__ import annotations

from typing import Generic, TypeVar

E = TypeVar("E")

# An endpoint that has not received a sender for this time is no route to it while another endpoint is.
STALE_S = 3.0


class RouteTable(Generic[E]):
    """Routes: sender (system, component) to the endpoints on which it was received, with the last receive time."""

    def __init__(self) -> None:
        self._routes: dict[tuple[int, int], dict[E, float]] = {}
        self._chosen: dict[tuple[int, int], E] = {}

    def learn(self, source: tuple[int, int], endpoint: E, now: float) -> dict[E, float]:
        """Store that `source` was received on `endpoint`. Returns its endpoints and their last receive times."""
        routes = self._routes.get(source)
        if routes is None:
            routes = self._routes[source] = {}
        routes[endpoint] = now
        return routes

    def forget(self, endpoint: E) -> None:
        """Remove the routes of a closed endpoint."""
        for source, routes in list(self._routes.items()):
            routes.pop(endpoint, None)
            if not routes:
                del self._routes[source]
        self._chosen = {source: chosen for source, chosen in self._chosen.items() if chosen != endpoint}

    def endpoints_for(self, system: int, component: int) -> list[E]:
        """Return the endpoints for this target; empty if it was never received.

        Each component has one endpoint, the one in use while it is alive: an autopilot reached over two links would
        execute every command twice. Component 0, and a component that was never received, stand for the whole system.
        """
        if component and (system, component) in self._routes:
            return [self._best((system, component))]
        endpoints: list[E] = []
        for source in self._routes:
            if source[0] == system:
                endpoint = self._best(source)
                if endpoint not in endpoints:
                    endpoints.append(endpoint)
        return endpoints

    def _best(self, source: tuple[int, int]) -> E:
        routes = self._routes[source]
        newest = max(routes, key=routes.__getitem__)
        chosen = self._chosen.get(source)
        if chosen is None or chosen not in routes or routes[newest] - routes[chosen] > STALE_S:
            chosen = self._chosen[source] = newest
        return chosen

    def __contains__(self, source: tuple[int, int]) -> bool:
        return source in self._routes

    def sources(self) -> dict[tuple[int, int], dict[E, float]]:
        """Return a copy of all routes."""
        return {source: dict(routes) for source, routes in self._routes.items()}
