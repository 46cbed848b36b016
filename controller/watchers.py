"""Functions that are called for each of some events, as long as they are wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Watchers(Generic[P]):
    """The watchers of one kind of event. Calling it calls each of them, in the order in which they were added."""

    def __init__(self) -> None:
        self._watchers: tuple[Callable[P, object], ...] = ()

    def add(self, watcher: Callable[P, object]) -> Callable[[], None]:
        """Add a watcher. Returns a function that ends its calls."""
        self._watchers = (*self._watchers, watcher)

        def stop() -> None:
            self._watchers = tuple(kept for kept in self._watchers if kept is not watcher)

        return stop

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        for watcher in self._watchers:
            watcher(*args, **kwargs)
