"""Shows a session: on a screen that is redrawn, or as lines where there is no terminal."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import replace

from controller.app.gcs.display import fields, plain_line
from controller.app.gcs.session import GcsSession, SessionEvent
from controller.cli.common import Output, on_interrupt
from controller.cli.gcs.page_codes import HELP_LINE, KEY_NAME, PageCodes
from controller.cli.terminal import PASTE_MODE_OFF, PASTE_MODE_ON

REFRESH_S = 0.2
LINE_S = 1.0


async def show_screen(
    session: GcsSession,
    page: str = "",
    page_help: Sequence[tuple[str, str]] = (),
    codes: PageCodes | None = None,
) -> None:
    """Show the live view on the whole terminal until the operator quits.

    `page` is the address of the web page, `page_help` are lines on it for the help, `codes` its QR codes.
    """
    from rich.live import Live
    from rich.text import Text

    from controller.cli.gcs.layout import render

    with Live(Text(""), screen=True, auto_refresh=False) as live, on_interrupt(session.interrupt):
        out = live.console.file
        out.write(PASTE_MODE_ON)
        try:
            while not session.leave.is_set():
                session.alive()
                state = replace(session.display_state(), page=page)
                if codes is not None:
                    state = replace(state, keys=(*state.keys, KEY_NAME))
                if state.help_lines:
                    about_page = (HELP_LINE, *page_help) if codes is not None else page_help
                    state = replace(state, help_lines=(*state.help_lines, *about_page))
                live.update(render(state, *live.console.size, codes), refresh=True)
                await _pause(session, REFRESH_S)
        finally:
            with contextlib.suppress(OSError):
                out.write(PASTE_MODE_OFF)


async def show_lines(session: GcsSession, output: Output) -> None:
    """Print a line whenever the view changes; for `--json` the state once a second."""
    shown = ""
    while not session.leave.is_set():
        session.alive()
        state = session.display_state()
        output.emit("state", t_s=round(state.now_s, 3), **fields(state))
        line = plain_line(state)
        if line != shown:
            shown = line
            output.result(line)
        await _pause(session, LINE_S)


def event_line(event: SessionEvent, output: Output) -> None:
    """Print one event of the session on a line of its own."""
    output.emit(event.kind, t_s=round(event.t_s, 3), utc=event.utc, **event.fields)
    output.result(f"  {event.utc[11:19]}Z  {event.text}")


def has_screen(*, keyboard: bool, output: Output) -> bool:
    """Whether an operator sits at a terminal that the live view can use."""
    return keyboard and sys.stdout.isatty() and not output.json


async def _pause(session: GcsSession, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await session.leave.wait()
