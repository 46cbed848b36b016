"""Real answers of the server on the German page: plan checks, findings of flights, refusals: no English is left."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from controller.app.fly.options import FlyOptions
from controller.app.mission_files import PlanReport, check_alone, check_for_autopilot, contents, size_text
from controller.app.plan_table import table_rows
from controller.logs.report.data import read_flight
from controller.logs.report.findings import summary_of
from controller.missions.files import open_plan
from controller.missions.formats import registry
from controller.web.plans.plan_json import plan_as_json
from tests.support.scripted.script import Script
from tests.support.source_tree import ROOT
from tests.support.texts.page_texts import in_german
from tests.support.web import web_station

PLANS = (
    "examples/inspection.plan",
    *(f"tests/vectors/missions/{name}" for name in ("meadow.plan", "chimney.plan")),
)
FLIGHTS = ("six_cells.bin", "gps_only.bin", "utc_clock.ulg", "two_aircraft.tlog")


def german(texts: Iterable[str], own: str = "") -> str:
    """Return the texts in German as lines. Fails where English is left, other than the words `own` of an aircraft."""
    found = in_german(text for text in texts if text)
    left = {
        text: piece.text
        for text, pieces in found.items()
        for piece in pieces
        if piece.english and piece.text.strip() != own
    }
    assert left == {}
    return "\n".join("".join(piece.text for piece in pieces) for pieces in found.values())


def reported(report: PlanReport) -> set[str]:
    rows = table_rows(report.plan, report.estimate)
    return {
        report.aircraft or "",
        size_text(report),
        *(row.parameters for row in rows),
        *(text for one in report.findings for text in (one.what, one.why)),
    }


def act(name: str, request: str, **values: Any) -> dict[str, Any]:
    return {"type": "act", "request": request, "aircraft": "1.1", "name": name, "args": values}


def test_the_checks_and_losses_of_plans_are_german() -> None:
    texts: set[str] = set()
    for name in PLANS:
        plan = open_plan(ROOT / name)
        texts |= {contents(plan), *reported(check_alone(plan, FlyOptions()))}
        for autopilot in ("ardupilot", "px4"):
            texts |= reported(check_for_autopilot(plan, autopilot, FlyOptions()))
        for one in registry.FORMATS:
            texts |= {
                text for loss in registry.losses(plan, one) for text in (loss.what, loss.why, loss.instead)
            }
    lines = german(text for text in texts if not text.startswith("comment "))
    assert "11 Punkte, Geofence: 1 Polygon und 1 Kreis, 2 Sammelpunkte" in lines
    assert "Muster StructureScan ist ohne Missionspunkte gespeichert" in lines


def test_the_findings_of_flights_are_german() -> None:
    texts: set[str] = set()
    for name in FLIGHTS:
        data = read_flight(ROOT / "tests" / "data" / "cases" / name)
        texts |= {*data.log.problems, *data.review.notes, *data.review.judged}
        for one in data.review.findings:
            texts |= {one.kind, summary_of(one), one.source, one.threshold_source, one.unit}
    assert "Spannungseinbruch des Akkus: 3.019 V je Zelle in battery[0], 6 Zellen" in german(texts)


async def test_the_refusals_of_orders_are_german(tmp_path: Path) -> None:
    async with (
        web_station(tmp_path, script=Script(ready_at_s=0.0, arm_refusals=9)) as web,
        web.live() as page,
    ):
        texts = []
        wrong: list[tuple[str, dict[str, Any]]] = [
            ("fly_loops", {}),
            ("takeoff", {}),
            ("takeoff", {"alt_m": "high"}),
            ("takeoff", {"alt_m": 20_000}),
            ("goto", {"lat_deg": 0, "lon_deg": 0, "alt_m": 20}),
            ("mode", {"mode": "LOITRE"}),
            ("speed", {"speed_m_s": -3}),
            ("emergency_stop", {}),
            ("upload_plan", {"plan": "gone"}),
        ]
        for number, (name, values) in enumerate(wrong):
            await page.send(act(name, f"r{number}", **values))
            texts.append((await page.next("error"))["error"])
        for name, values in (("start_mission", {}), ("jump_to_item", {"number": 7})):
            await page.send(act(name, name, **values))
            news = (await page.next("action", outcome="refused"))["action"]
            texts += [news["words"], news["why"]]
        lines = german(texts)
        assert "alt_m fehlt (deine Eingabe)" in lines
        await page.send(act("arm", "arm"))
        refused = (await page.next("action", outcome="refused"))["action"]["why"]
        assert "das Fluggerät verweigert das Scharfschalten" in german(
            [refused], own="Arm: Gyros inconsistent"
        )


async def test_the_refusals_of_calls_are_german(tmp_path: Path) -> None:
    plan = plan_as_json(open_plan(ROOT / PLANS[0]))
    bad: dict[str, Any] = {**plan, "items": [{**plan["items"][0], "command": "up"}]}
    async with web_station(tmp_path) as web:
        answers = [
            await web.post(
                "/api/plans/check", {"plan": bad, "aircraft": None, "autopilot": None, "max_alt_m": None}
            ),
            await web.post(
                "/api/plans/check", {"plan": plan, "aircraft": "9.1", "autopilot": None, "max_alt_m": None}
            ),
            await web.post("/api/plans/check", b"{"),
            await web.post("/api/plans/open?name=a.plan", b"{}"),
            await web.post("/api/plans/stage", {"plan": {**plan, "items": []}}),
            await web.post("/api/params/set", {"aircraft": "1.1", "name": "NO_SUCH", "value": "x"}),
            await web.get("/api/maps/none/0/0/0"),
            await web.get("/api/nothing"),
        ]
        german(answer.error for answer in answers if answer.status >= 400)
