"""The live view as text blocks: what the aircraft does, how it is, what it said, how the link is. Pure: state in, picture out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Styled

from controller.cli.gcs_keys import ACTIONS
from controller.vehicle.state import Text, VehicleState
from controller.wire import enums

_SILENT_S = 3.0
_TEXTS = 8
_GRAVE, _WARNING = 3, 4


@dataclass(frozen=True, slots=True)
class LinkView:
    """One link: its name, share of lost frames (0 to 1), frames a second in, bytes a second in and out."""

    name: str
    loss: float
    frames_in_s: float
    bytes_in_s: float
    bytes_out_s: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything the view shows at one moment; `texts` in the order they came, `said` is our own last line."""

    title: str
    state: VehicleState
    silent_s: float
    links: Sequence[LinkView]
    texts: Sequence[Text]
    mission_items: int | None = None
    waiting: str = ""
    said: str = ""
    record: str = ""


def render(picture: Picture) -> RenderableType:
    """The whole view."""
    top = Table.grid(expand=True, padding=(0, 1))
    top.add_column(ratio=1)
    top.add_column(ratio=1)
    top.add_row(
        Panel(_rows(flight_rows(picture)), title=picture.title, title_align="left"),
        Panel(_rows(health_rows(picture)), title="health", title_align="left"),
    )
    return Group(
        _banner(picture),
        top,
        Panel(_texts(picture.texts), title="messages", title_align="left"),
        Panel(_rows(link_rows(picture)), title="links", title_align="left"),
        _keys(picture),
    )


def _banner(picture: Picture) -> Styled:
    if picture.silent_s > _SILENT_S:
        if picture.silent_s == float("inf"):
            return Styled(" waiting for an aircraft ", "bold black on yellow")
        return Styled(f" NO WORD FROM THE AIRCRAFT FOR {picture.silent_s:.0f} s ", "bold white on red")
    state = picture.state
    style = "bold white on red" if state.armed else "bold white on green"
    return Styled(f" {'ARMED' if state.armed else 'disarmed'}  {state.mode}  {_place(state)} ", style)


def _place(state: VehicleState) -> str:
    return {True: "in the air", False: "on the ground", None: ""}[state.in_air]


def flight_rows(picture: Picture) -> list[tuple[str, str]]:
    """Where it is and where it goes."""
    state = picture.state
    rows = []
    if state.position:
        place = state.position
        rows += [
            ("altitude", f"{place.alt_rel_m:.1f} m above home ({place.alt_amsl_m:.0f} m above the sea)"),
            ("speed", f"{place.ground_speed_m_s:.1f} m/s over ground, {-place.vel_ned[2]:+.1f} m/s up"),
            ("position", f"{place.lat_deg:.6f}, {place.lon_deg:.6f}"),
        ]
        if place.heading_deg is not None:
            rows.append(("heading", f"{place.heading_deg:.0f}°"))
    if state.mission and state.mission.current is not None:
        total = picture.mission_items if picture.mission_items is not None else state.mission.total
        rows.append(("mission", f"item {state.mission.current}{f' of {total}' if total else ''}"))
    return rows or [("", "no position yet")]


def health_rows(picture: Picture) -> list[tuple[str, str]]:
    """Power, satellites, estimator, readiness."""
    state = picture.state
    rows = []
    if state.battery:
        battery = state.battery
        parts = [
            f"{battery.voltage_v:.1f} V" if battery.voltage_v is not None else "",
            f"{battery.current_a:.1f} A" if battery.current_a is not None else "",
            f"{battery.remaining_percent} %" if battery.remaining_percent is not None else "",
        ]
        rows.append(("battery", "  ".join(filter(None, parts)) or "not measured"))
    if state.gps:
        fix = (
            enums.describe("GPS_FIX_TYPE", state.gps.fix)
            .removeprefix("GPS_FIX_TYPE_")
            .replace("_", " ")
            .lower()
        )
        satellites = "" if state.gps.satellites is None else f", {state.gps.satellites} satellites"
        rows.append(("GPS", f"{fix}{satellites}"))
    if state.position_good is not None:
        rows.append(("estimator", "good" if state.position_good else "no position"))
    if state.prearm_ok is not None:
        rows.append(("pre-arm", "ready" if state.prearm_ok else "NOT READY, see the messages"))
    return rows or [("", "nothing heard yet")]


def link_rows(picture: Picture) -> list[tuple[str, str]]:
    """How much comes and goes, and how much is lost."""
    rows = [
        (
            link.name,
            f"{link.loss * 100:.1f} % lost  {link.frames_in_s:.0f} frames/s in  "
            f"{link.bytes_in_s / 1000:.1f} kB/s in  {link.bytes_out_s / 1000:.1f} kB/s out",
        )
        for link in picture.links
    ]
    if picture.record:
        rows.append(("record", picture.record))
    return rows


def _rows(rows: list[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in rows:
        table.add_row(Styled(name, "dim"), value)
    return table


def _texts(texts: Sequence[Text]) -> Styled:
    lines = Styled()
    for text in texts[-_TEXTS:]:
        style = "bold red" if text.severity <= _GRAVE else "yellow" if text.severity == _WARNING else ""
        name = enums.describe("MAV_SEVERITY", text.severity).lower()
        lines.append(f"{name:10}{text.text}\n", style)
    for _ in range(_TEXTS - len(texts[-_TEXTS:])):
        lines.append("\n")
    return lines


def _keys(picture: Picture) -> Styled:
    if picture.waiting in ACTIONS:
        action = ACTIONS[picture.waiting]
        return Styled(f" {action.question}?  press {action.key} again ", "bold black on yellow")
    if picture.waiting == "q":
        return Styled(
            " the aircraft is armed and stays as it is. Leave?  press q again ", "bold black on yellow"
        )
    keys = "  ".join(f"{action.key} {action.name}" for action in ACTIONS.values())
    return Styled(f" {keys}  q leave\n {picture.said}", "dim")


def plain_line(picture: Picture) -> str:
    """The view in one line, where there is no terminal."""
    state = picture.state
    if picture.silent_s > _SILENT_S:
        if picture.silent_s == float("inf"):
            return "waiting for an aircraft"
        return f"no word from the aircraft for {picture.silent_s:.0f} s"
    parts = ["armed" if state.armed else "disarmed", state.mode, _place(state)]
    if state.position:
        parts.append(f"{state.position.alt_rel_m:.1f} m, {state.position.ground_speed_m_s:.1f} m/s")
    if state.mission and state.mission.current is not None:
        parts.append(f"item {state.mission.current}")
    if state.battery and state.battery.remaining_percent is not None:
        parts.append(f"battery {state.battery.remaining_percent} %")
    return ", ".join(filter(None, parts))
