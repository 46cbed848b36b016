"""The two ways of showing a session: a screen that is drawn over and over, and lines where there is no terminal."""

from __future__ import annotations

import asyncio
import contextlib
import sys

from controller.app.gcs.display import fields, plain_line
from controller.app.gcs.session import News, Session
from controller.cli.common import Output
from controller.cli.terminal import PASTES_MARKED, PASTES_UNMARKED

REFRESH_S = 0.2
LINE_S = 1.0


async def screen(session: Session) -> None:
    """Fill the terminal until the operator leaves."""
    from rich.live import Live
    from rich.text import Text

    from controller.cli.gcs.layout import render

    with Live(Text(""), screen=True, auto_refresh=False) as live:
        out = live.console.file
        out.write(PASTES_MARKED)
        try:
            while not session.leave.is_set():
                session.alive()
                live.update(render(session.picture(), *live.console.size), refresh=True)
                await _pause(session, REFRESH_S)
        finally:
            with contextlib.suppress(OSError):
                out.write(PASTES_UNMARKED)


async def lines(session: Session, output: Output) -> None:
    """A line whenever something changed; for machines the state once a second."""
    shown = ""
    while not session.leave.is_set():
        session.alive()
        picture = session.picture()
        output.emit("state", t_s=round(picture.now_s, 3), **fields(picture))
        line = plain_line(picture)
        if line != shown:
            shown = line
            output.result(line)
        await _pause(session, LINE_S)


def news_line(news: News, output: Output) -> None:
    """One piece of news on a line of its own."""
    output.emit(news.kind, t_s=round(news.t_s, 3), **news.fields)
    output.result(f"  {news.text}")


def wants_screen(*, keyboard: bool, output: Output) -> bool:
    """Whether there is somebody in front of a terminal."""
    return keyboard and sys.stdout.isatty() and not output.json


async def _pause(session: Session, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await session.leave.wait()
