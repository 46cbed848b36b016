"""Files of the web page, built from `controller/web/ui` into `controller/web/static` and part of an installed wheel."""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import Headers
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
        response = await self._compressed(path, scope) or await super().get_response(path, scope)
        if response.status_code == 404:
            raise HTTPException(404)
        response.headers["Cache-Control"] = _FOREVER if path.startswith("assets/") else "no-cache"
        return response

    async def _compressed(self, path: str, scope: Scope) -> Response | None:
        """Answer with the gzip copy that the build made; None where there is none, or the browser takes none."""
        headers = Headers(scope=scope)
        if path.endswith(".gz") or "gzip" not in headers.get("accept-encoding", "") or "range" in headers:
            return None
        try:
            response = await super().get_response(f"{path}.gz", scope)
        except HTTPException:
            return None
        if response.status_code not in (200, 304):
            return None
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Type"] = guess_type(path)[0] or "application/octet-stream"
        response.headers["Vary"] = "Accept-Encoding"
        return response
