"""Names of the pages: a page that connects again, with the id that it made itself, is the same page as before."""

from __future__ import annotations

import re
from collections import OrderedDict
from itertools import count

from controller.app.gcs.control import Page

# Ids are random and known to their page alone; an id is no name and is never shown.
_ID = re.compile(r"[A-Za-z0-9-]{16,64}")
PAGES_KEPT = 1000


class Pages:
    """Known pages by their ids and visitors."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Page] = OrderedDict()
        self._numbers = count(1)

    def page(self, page_id: str, visitor_id: str, address: str) -> Page:
        """Return the page; one without a proper id is new. `address` is the other end, for people."""
        key = (visitor_id, page_id)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        number = next(self._numbers)
        where = "" if address in ("", "this machine") else f" of {address}"
        page = Page(f"page-{number}", f"page {number}{where}")
        if _ID.fullmatch(page_id):
            self._known[key] = page
            while len(self._known) > PAGES_KEPT:
                self._known.popitem(last=False)
        return page

    def find(self, page_id: str, visitor_id: str) -> Page | None:
        """Return a known page."""
        return self._known.get((visitor_id, page_id))
