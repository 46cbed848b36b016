"""Files of the web page, built from `controller/web/ui` into `controller/web/static` and part of an installed wheel."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from controller.web.access import Declaration, Role

STATIC = Path(__file__).parent / "static"
# Files with a hash of their content in the name never change; the page itself must be asked for again.
_FOREVER = "public, max-age=31536000, immutable"


def page_is_built() -> bool:
    """Whether the page can be served; in a checkout `make web` builds it."""
    return (STATIC / "index.html").is_file()


class PageFiles(StaticFiles):
    """Static files with the caching that fits their names. They hold no secret: the login is one of them."""

    declaration = Declaration(Role.ANYONE, max_body=0)

    def __init__(self) -> None:
        super().__init__(directory=STATIC, html=True, check_dir=False)

    async def check_config(self) -> None:
        """Serve nothing where the page is not built: every path is unknown."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 404:
            raise HTTPException(404)
        response.headers["Cache-Control"] = _FOREVER if path.startswith("assets/") else "no-cache"
        return response
