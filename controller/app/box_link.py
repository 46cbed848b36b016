"""Link to a ground box for requests: sends nothing to other systems, and no heartbeat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.app.station import Station
from controller.guard.policy import EndpointPolicy
from controller.vehicle.exchange import Exchange
from controller.wire.address import Address


@asynccontextmanager
async def box_link(url: str, box: Address, *, policy: EndpointPolicy) -> AsyncIterator[Exchange]:
    """Open a link to the box. The box may wait for a first message (`udpin` at its side).

    Raises the errors of opening a link.
    """
    async with Station(operator_feeds=True) as station:
        station.route_to(box, await station.open(url, policy=policy))
        exchange = Exchange(station.local, station.clock)
        try:
            yield exchange
        finally:
            exchange.close()
