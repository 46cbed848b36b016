"""Texts of the server on the German page: each has its German, and real answers hold no English any more."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from controller.app.plan_table import command_words
from controller.missions.command_descriptions.descriptions import mission_commands
from controller.wire.enums import MAV_TYPE
from tests.support.source_tree import ROOT, tracked_files
from tests.support.texts.server_texts import GAP, shape, templates_of

LANG = ROOT / "controller" / "web" / "ui" / "src" / "lang"

LEFT_OUT = {
    "controller/__init__.py": "no texts",
    "controller/app/bundle": "used by landline bundle",
    "controller/app/held": "used by landline audit",
    "controller/app/box_link.py": "read by landline box",
    "controller/app/bug_report.py": "the report is a file for the developers",
    "controller/app/connect.py": "said on the terminal before the page is there",
    "controller/app/discovery.py": "said on the terminal before the page is there",
    "controller/app/fly/event_record.py": "fields of the record",
    "controller/app/fly/events.py": "fields of the record",
    "controller/app/fly/options.py": "options of the command line",
    "controller/app/fly/reporter.py": "joins texts of others",
    "controller/app/gcs/compose.py": "said on the terminal at the end",
    "controller/app/gcs/display.py": "the terminal's own display",
    "controller/app/gcs/operator_actions.py": "the terminal's own keys",
    "controller/app/gcs/operator_input.py": "the terminal's own prompt",
    "controller/app/gcs/typed_values.py": "the terminal's own prompt",
    "controller/app/planning": "used by landline mission plan",
    "controller/app/recording.py": "said on the terminal before the page is there",
    "controller/app/station.py": "said on the terminal before the page is there",
    "controller/autopilot_facts": "facts for the developers",
    "controller/autopilots/log_folders.py": "used by landline logs download",
    "controller/cli": "the command line",
    "controller/clock.py": "no texts",
    "controller/geo.py": "no texts",
    "controller/guard": "the audit prints on the terminal",
    "controller/link/impair.py": "a link of tests",
    "controller/link/memory.py": "a link of tests",
    "controller/link/pty.py": "opened at the start, said on the terminal",
    "controller/link/replay.py": "opened at the start, said on the terminal",
    "controller/link/sign.py": "opened at the start, said on the terminal",
    "controller/link/single_client.py": "a link of the simulator",
    "controller/link/url.py": "opened at the start, said on the terminal",
    "controller/logs/box/needed_blocks.py": "used by landline logs merge",
    "controller/logs/evidence": "used by landline audit",
    "controller/logs/flights/erase.py": "used by landline logs",
    "controller/logs/flights/find.py": "used by landline logs",
    "controller/logs/flights/imports.py": "used by landline logs import",
    "controller/logs/formats/history/dji_names.py": "names of products and modes of DJI, which stay",
    "controller/logs/photos/anonymize.py": "used by landline logs photos",
    "controller/logs/photos/coverage.py": "said by landline logs coverage, and in the report, a file in English",
    "controller/logs/photos/folder.py": "said by landline logs coverage",
    "controller/logs/photos/own_pose.py": "no texts",
    "controller/logs/photos/photo_list.py": "said by landline logs coverage and verify",
    "controller/logs/privacy/encryption.py": "used by landline logs encrypt",
    "controller/logs/query": "used by landline logs sql",
    "controller/logs/record/append_file.py": "an error of the developer",
    "controller/logs/record/frame_routes.py": "rows of a file",
    "controller/logs/record/merkle.py": "an error of the developer",
    "controller/logs/report/coverage.py": "the report is one file in English",
    "controller/logs/report/overlay.py": "the report is one file in English",
    "controller/logs/report/plot.py": "the report is one file in English",
    "controller/logs/report/report.py": "the report is one file in English",
    "controller/logs/report/series.py": "the report is one file in English",
    "controller/logs/report/style.py": "the report is one file in English",
    "controller/logs/report/track_map.py": "the report is one file in English",
    "controller/logs/report/truth.py": "the report is one file in English",
    "controller/logs/verification/fingerprint.py": "used by landline logs verify",
    "controller/logs/verification/slice.py": "used by landline logs slice",
    "controller/logs/verification/slice_reader.py": "used by landline logs slice",
    "controller/missions/cameras": "used by landline mission plan",
    "controller/missions/checks/terrain.py": "used by landline mission check --terrain",
    "controller/missions/command_descriptions": "its table is checked by itself below",
    "controller/missions/coverage": "used by landline mission plan and logs coverage, and in the report",
    "controller/missions/replan/landing.py": "used by landline mission convert --replan",
    "controller/missions/replan/structure.py": "used by landline mission convert --replan",
    "controller/missions/patterns/keep_out.py": "the page has no keep-outs of a file",
    "controller/missions/patterns/search.py": "used by landline mission plan search",
    "controller/missions/route/keep_out_proof.py": "used by landline mission plan",
    "controller/missions/patterns/camera.py": "the page offers no overlap that it refuses",
    "controller/missions/patterns/dose.py": "used by landline mission plan",
    "controller/missions/patterns/field.py": "used by landline mission plan",
    "controller/missions/patterns/spray.py": "used by landline mission plan",
    "controller/missions/patterns/spray_options.py": "used by landline mission plan",
    "controller/missions/resume.py": "used by landline mission resume",
    "controller/missions/route/camera_speed.py": "used by landline mission plan",
    "controller/missions/route/pace.py": "used by landline mission plan",
    "controller/missions/route/profile.py": "used by landline mission plan",
    "controller/missions/route/split.py": "used by landline mission plan",
    "controller/missions/route/terrain.py": "used by landline mission plan",
    "controller/terrain/datum.py": "used by landline mission plan",
    "controller/terrain/ground.py": "used by landline mission plan",
    "controller/missions/assets": "used by landline mission plan",
    "controller/missions/patterns/panels.py": "used by landline mission plan",
    "controller/missions/patterns/solids.py": "used by landline mission plan",
    "controller/missions/patterns/structure.py": "used by landline mission plan",
    "controller/missions/patterns/bridge.py": "used by landline mission plan",
    "controller/missions/patterns/strip.py": "used by landline mission plan",
    "controller/missions/patterns/turbine.py": "used by landline mission plan",
    "controller/missions/patterns/turbine_shape.py": "used by landline mission plan",
    "controller/missions/patterns/views.py": "used by landline mission plan",
    "controller/protocol/calibration/by_texts.py": "the aircraft's own words, which are recognised",
    "controller/protocol/calibration/server.py": "the simulator",
    "controller/protocol/command/server.py": "the simulator",
    "controller/protocol/events": "the aircraft's own words",
    "controller/protocol/ftp/client_listing.py": "used by landline logs download",
    "controller/protocol/ground_box.py": "used by landline box",
    "controller/protocol/logs": "used by landline logs download",
    "controller/protocol/messages/server.py": "the simulator",
    "controller/protocol/mission/behavior.py": "the simulator",
    "controller/protocol/mission/server.py": "the simulator",
    "controller/protocol/mission/store.py": "the simulator",
    "controller/protocol/params/server.py": "the simulator",
    "controller/protocol/timing.py": "sources of times, for the developers",
    "controller/router": "for the developers",
    "controller/units.py": "no texts",
    "controller/vehicle/box_files.py": "used by landline box",
    "controller/vehicle/ftp_logs.py": "used by landline logs download",
    "controller/vehicle/log_download.py": "used by landline logs download",
    "controller/vehicle/onboard_logs.py": "used by landline logs download",
    "controller/web/address.py": "said on the terminal before the page is there",
    "controller/web/bugs.py": "names in the report for the developers",
    "controller/web/build.py": "run by make",
    "controller/web/page.py": "headers",
    "controller/web/server.py": "said on the terminal",
    "controller/web/tls.py": "said on the terminal before the page is there",
    "controller/wire/address.py": "an error of the developer",
    "controller/wire/codec.py": "an error of the developer",
    "controller/wire/dialect.py": "an error of the developer",
    "controller/wire/enums.py": "an error of the developer",
    "controller/wire/frame.py": "an error of the developer",
    "controller/wire/make_table.py": "run by the developer",
    "controller/wire/message.py": "an error of the developer",
    "controller/wire/messages.py": "an error of the developer",
    "controller/wire/signing.py": "names in events for the developers",
}
"""Modules and folders whose texts do not reach the page, each with the reason."""

NO_TEXTS = {
    "of plans that only the command line reads": """
        standard input
        cannot read mission file: standard input is a terminal
        pipe a plan into the command
        """,
    "headers of HTTP": """
        sandbox allow-scripts allow-popups; default-src 'none'; ...
        default-src 'self'; img-src 'self' data: blob:; ...
        camera=(), microphone=(), geolocation=()
        private, max-age=3600
        private, max-age=86400
        attachment; filename*=UTF-8''{}
        """,
    "names of tasks and calls": """
        note mission
        order {}
        write {}
        web connection
        web connections
        web feed
        web sweep
        flights of the page
        decrypt {}
        plot {} {} {} {} {}
        verify {}
        photos {} {} {}
        write to {}
        read from {}
        states for the pages
        mission of {}
        parameters {}
        calibration {}
        """,
    "texts of libraries, which are recognised": """
        Expecting value
        Expecting property name
        Expecting ':'
        Expecting ','
        Illegal trailing comma
        Unterminated string
        Invalid control character
        Invalid \\
        Extra data
        exclusively lock
        Access is denied
        Could not configure
        """,
    "lines of files, SQL and programs": """
        version="1.1" creator="Landline" xmlns="http://www.topografix.com/GPX/1/1"
        lat="{}" lon="{}"
        Stack: {}
        Vehicle: {}
        landline {}
        filled {}
        {} ORDER BY flown_utc, flight
        --system {}
        pip install 'landline[terrain]'
        usage: micropython -m firmware.boot --config FILE
        {"version": 1, "laptop": {"port": "default"}, "radios": [{"port": "default"}]}
        """,
    "names that are the same in German": """
        serial {}
        ATT.DesRoll, DesPitch
        gps.lat, gps.lon
        groundSpeed, climbRate
        roll, pitch, heading
        {}.hdop, vdop
        ArduPilot, Tools/LogAnalyzer
        PX4 Flight Review, configured_plots.py
        """,
}
"""Strings that look like texts and are none, by the reason; "..." stands for the rest of a long one."""

COMPOSED = {
    "_counted of missions/list_texts.py": "1 item|{} items|1 polygon|{} polygons|1 circle|{} circles|1 rally point",
    "app/plan_table.py": "ground speed {} m/s|airspeed {} m/s|climb {} m/s|descent {} m/s",
    "a value with its unit, of logs/review/limits.py": "{} V a cell|{} mΩ a cell|{} % of the field|{} of the charge",
    "item_ranges of missions/checks/findings.py": "items {}",
    "alarm of app/gcs/aircraft.py, in capitals": "COMMANDS BLOCKED: {}",
    "radios of firmware/roles/bridge.py": "radios: {}, best {}",
    "web/params/aircraft_params.py": "cannot start: the parameters of {} are being read"
    "|cannot start: the parameters of {} are being written",
    "names of aircraft, which stay": "{} copter {}|{} plane {}|{} rover {}|{} submarine {}|{} vehicle {}"
    "|{} VTOL plane {}",
    "Starlette": "Not Found|Method Not Allowed",
}
"""Texts that are put together, by the place; their shapes."""

SAME = {"crsf", "ir", "ndvi", "rgb", "spektrum", "spektrum dsm2", "spektrum dsmx", "spektrum dsmx8", "video"}
"""Words of mission commands that are the same in German."""


@cache
def table(name: str) -> dict[str, str]:
    """Return a file of translations. Fails for an English text that stands twice."""

    def once(pairs: list[tuple[str, str]]) -> dict[str, str]:
        shapes = [shape(english) for english, _ in pairs]
        assert sorted({one for one in shapes if shapes.count(one) > 1}) == []
        return dict(pairs)

    found: dict[str, str] = json.loads((LANG / name).read_text("utf-8"), object_pairs_hook=once)
    return found


def is_left_out(path: Path) -> bool:
    """Whether a module is named in LEFT_OUT, or its folder."""
    return any(path.as_posix() == name or path.is_relative_to(name) for name in LEFT_OUT)


@cache
def collected() -> dict[str, str]:
    """Return the texts that reach the page by their shapes, each with its place."""
    none = {line.strip() for lines in NO_TEXTS.values() for line in lines.splitlines()}
    long = tuple(line.removesuffix("...") for line in none if line.endswith("..."))
    found: dict[str, str] = {}
    for path in tracked_files():
        if path.parts[0] in ("controller", "firmware") and path.suffix == ".py" and not is_left_out(path):
            for text, line in templates_of(path).items():
                if shape(text) not in none and not (long and shape(text).startswith(long)):
                    found.setdefault(shape(text), f"{path}:{line}: {text}")
    return found


def test_every_text_that_reaches_the_page_has_its_german() -> None:
    known = {shape(english) for english in table("server.de.json")}
    missing = [place for one, place in collected().items() if one not in known]
    assert missing == [], "translate it in lang/server.de.json, or say in LEFT_OUT or NO_TEXTS why not"


def test_no_german_is_kept_for_a_text_that_is_gone() -> None:
    sources = "\n".join((ROOT / path).read_text("utf-8") for path in tracked_files() if path.suffix == ".py")
    composed = {one for shapes in COMPOSED.values() for one in shapes.split("|")}
    gone = [
        english
        for english in table("server.de.json")
        if shape(english) not in {*collected(), *composed}
        and (" " in english or f'"{english}"' not in sources)
    ]
    assert gone == []


def test_a_german_text_has_the_same_gaps() -> None:
    wrong = [
        english
        for name in ("server.de.json", "commands.de.json")
        for english, german in table(name).items()
        if sorted(GAP.findall(english)) != sorted(GAP.findall(german)) or not german.strip()
    ]
    assert wrong == []


def test_the_files_of_translations_are_sorted() -> None:
    for name in ("server.de.json", "commands.de.json"):
        assert list(table(name)) == sorted(table(name)), name


def test_what_is_left_out_exists() -> None:
    assert [name for name in LEFT_OUT if not (ROOT / name).exists()] == []


def test_every_mission_command_and_its_fields_have_german() -> None:
    known = {*table("commands.de.json"), *table("server.de.json")}
    texts: set[str] = {one.name.lower().replace("_", " ") for one in MAV_TYPE}
    for command in mission_commands():
        texts |= {command_words(command.command), command.text}
        for param in command.params:
            texts |= {param.label, param.text}
            # The page shows longer lists of choices as numbers.
            if len(param.choices) < 40:
                texts |= {name.lower().replace("_", " ") for _, name in param.choices}
    words = {text.strip() for text in texts if re.search(r"[a-z]{2}", text)}
    assert sorted(words - known - SAME) == []


def test_no_german_is_kept_for_a_command_that_is_gone() -> None:
    described = [text for one in mission_commands() for text in (command_words(one.command), one.text)]
    params = [param for one in mission_commands() for param in one.params]
    described += [text for param in params for text in (param.label, param.text)]
    described += [name.lower().replace("_", " ") for param in params for _, name in param.choices]
    described += [one.name.lower().replace("_", " ") for one in MAV_TYPE]
    assert sorted(set(table("commands.de.json")) - {text.strip() for text in described}) == []
