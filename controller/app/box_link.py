"""A link to a ground box, and what asks it things: nothing is sent to anybody else, and no heartbeat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.app.station import Station
from controller.guard.policy import EndpointPolicy
from controller.vehicle.exchange import Exchange
from controller.wire.address import Address


@asynccontextmanager
async def box_link(url: str, box: Address, *, policy: EndpointPolicy) -> AsyncIterator[Exchange]:
    """The box may be one that listens and answers (`udpin` at its side): it is spoken to before it was heard.

    Raises what opening the link raises.
    """
    async with Station(operator_feeds=True) as station:
        station.expect(box, await station.open(url, policy=policy))
        exchange = Exchange(station.local, station.clock)
        try:
            yield exchange
        finally:
            exchange.close()
