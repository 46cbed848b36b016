"""Control of an aircraft in the calls of the views: only its pilot changes what is on board.

    async def upload(request: Request) -> Response:
        one = controlled(request, aircraft, "upload the plan")

The page names itself by the header `Landline-Page`, with the id that it also gives to /live, and says by the header
`Landline-Time` when it was asked: see `late`.
"""

from __future__ import annotations

from starlette.requests import Request

from controller.app.gcs.aircraft import AircraftSession
from controller.app.gcs.control import Page
from controller.app.gcs.order_runner import Operator
from controller.errors import SafetyRefused
from controller.web.access import visitor_of
from controller.web.live.feed import LiveFeed
from controller.web.live.late import refuse_late

PAGE_HEADER = "landline-page"
TIME_HEADER = "landline-time"


def controlled(request: Request, aircraft: str, title: str) -> AircraftSession:
    """Return the aircraft of this id for a call that does `title`, such as "upload the plan".

    A page gets control of a free aircraft. Raises SafetyRefused where another page has it, or for a call that was held
    back on its way, UserError for an unknown aircraft.
    """
    feed = _feed(request)
    refuse_late(_asked_s(request), feed.session.clock.now(), title)
    return feed.commands.check_control(_page(request, feed), aircraft, title)


def operator_of(request: Request) -> Operator:
    """Return who makes this call, for the record. Raises SafetyRefused for a page that is not open."""
    page = _page(request, _feed(request))
    return Operator(page.name, "", page.client, visitor_of(request).role.word)


def _asked_s(request: Request) -> float:
    try:
        return float(request.headers.get(TIME_HEADER, "")[:40])
    except ValueError:
        raise SafetyRefused(
            "cannot command: the page does not say when", hint="load the page again"
        ) from None


def _feed(request: Request) -> LiveFeed:
    feed = request.app.state.feed
    assert isinstance(feed, LiveFeed)
    return feed


def _page(request: Request, feed: LiveFeed) -> Page:
    page = feed.pages.find(request.headers.get(PAGE_HEADER, "")[:100], visitor_of(request).id)
    if page is None or not feed.is_open(page):
        raise SafetyRefused(
            "cannot command: this page is not connected", hint="wait until it is, or load it again"
        )
    return page
