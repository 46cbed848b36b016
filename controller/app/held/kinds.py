"""Kinds of data that a machine holds because of Landline: what each tells, where it is, and what erases it.

Each file that Landline writes belongs to one kind, the first one with a pattern that matches. Patterns are paths below
a place: `*` is one name or a part of it, `**` any number of names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Place = Literal["data", "config", "flights", "compiled", "package", "temporary"]
"""Where a pattern begins: the data folder, the folder of settings, a folder of flights, Landline's folder of compiled
code, the installed package, the system's folder of temporary files."""

BY_FLIGHT = "landline audit erase --flight NAME"
TABLES = "columns"


@dataclass(frozen=True, slots=True)
class DataKind:
    """One kind of data. `holds` is what it tells of flights, aircraft or persons.

    `erasable` kinds can be erased alone; the others go with their flight, or by hand as `by_hand` says. `warning` is
    what no longer works or can no longer be proved without it. Where `searched` is False, a flight's name cannot be in
    the file: it is the operator's, or code, or belongs to one flight alone. `where` names a kind that is not in files.
    """

    name: str
    holds: str
    patterns: tuple[tuple[Place, str], ...] = ()
    erasable: bool = False
    by_hand: str = ""
    warning: str = ""
    searched: bool = True
    where: str = ""

    @property
    def erased_by(self) -> str:
        """Return the command that erases it, or what a person has to do."""
        if self.erasable:
            return f"landline audit erase --kind {self.name}"
        return self.by_hand or BY_FLIGHT


def _of_flight(*names: str) -> tuple[tuple[Place, str], ...]:
    return tuple(("flights", f"*/{name}") for name in names)


OTHER = DataKind(
    "other",
    "unknown: no part of this version of Landline writes such a file",
    by_hand="by hand; the command lists the files",
)
KINDS = (
    DataKind(
        "unfinished-erasing",
        "flights of which an interrupted command had begun the erasing",
        (("flights", ".erasing-*/**"),),
        erasable=True,
        warning="their erasing is finished",
        searched=False,
    ),
    # Of one flight
    DataKind(
        "telemetry",
        "tracks, positions, altitudes, speeds, times, battery, messages; unique numbers of aircraft; commands sent",
        _of_flight("frames.tlog", "frames.way", "box.fill.tlog", "box.fill.json"),
        searched=False,
    ),
    DataKind(
        "events",
        "times, orders, texts of the aircraft, home, firmware; network addresses of browsers that logged in",
        _of_flight("events.jsonl"),
    ),
    DataKind(
        "proofs",
        "hashes, signatures, public keys and times of a record; bytes sent and received for each endpoint",
        _of_flight("chain.jsonl", "additions.jsonl", "egress*.json", "egress*.html"),
    ),
    DataKind("plans", "planned positions, altitudes, fences, rally points", _of_flight("mission*.plan")),
    DataKind(
        "photo-lists",
        "names, hashes, places, directions and assets of photos",
        _of_flight("photos.json"),
    ),
    DataKind(
        "parameters",
        "settings and calibration of the aircraft; numbers of its parts",
        _of_flight("params*.json"),
    ),
    DataKind(
        "onboard-logs",
        "the aircraft's own logs: tracks, altitudes, times, numbers of parts",
        _of_flight("*.bin", "*.BIN", "*.log", "*.ulg", "*.part"),
        searched=False,
    ),
    DataKind(
        "box-records",
        "frames that a ground box saw: tracks, altitudes, times",
        _of_flight("box.blocks", "box/**", "box.*"),
        searched=False,
    ),
    DataKind(
        "encrypted-flights",
        "whole flights, encrypted with age; names, lengths and hashes of their files in plain text",
        _of_flight("flight.tar.age", "flight.files.json", "*.age.new"),
    ),
    DataKind(
        "autopilot-files",
        "working files of a simulated autopilot: parameters, console, its logs",
        _of_flight("autopilot/**"),
        searched=False,
    ),
    DataKind(
        "reports",
        "track, altitudes, times and findings of one flight as a page",
        _of_flight("report*.html"),
        erasable=True,
        warning="verification names a signed report as removed; `landline logs report` makes it again",
    ),
    DataKind(
        "truth",
        "true track of a simulated flight",
        _of_flight("truth.csv"),
        searched=False,
    ),
    DataKind(
        "imported-flights",
        "flights of other programs: tracks, altitudes, times, names, numbers of aircraft",
        _of_flight("import.*"),
        searched=False,
    ),
    DataKind(
        "caches",
        "tables and replays computed from flights: tracks, altitudes, times",
        _of_flight(f"{TABLES}/**", f"{TABLES}.*/**"),
        erasable=True,
        warning="the next query or review computes them again",
        searched=False,
    ),
    # Of all flights
    DataKind(
        "catalogue",
        "of each flight: first position, times, duration, highest altitude, distance, outcome, firmware",
        (("flights", "catalogue.sqlite"), ("flights", "catalogue.sqlite-*")),
        erasable=True,
        warning="the next list of flights reads all of them again",
    ),
    DataKind(
        "accounts",
        "of runs: command lines, times, endpoints, bytes sent and received, refusals; packets of recorded runs",
        (("data", "runs/**"),),
        erasable=True,
        warning="what those runs sent or were refused can no longer be shown",
    ),
    # Keys
    DataKind(
        "record-ledger",
        "of each recorded flight: name (start time, aircraft), folder, hash, also after erasing; public keys",
        (("data", "keys/ledger.jsonl"), ("data", "keys/record.ed25519.pub")),
        erasable=True,
        warning="verification can no longer detect a missing flight or a record that was cut back, nor which records "
        "are of this machine",
    ),
    DataKind(
        "signing-key",
        "private key that signs flight records",
        (("data", "keys/record.ed25519.pem"),),
        erasable=True,
        warning="earlier records verify with the public key, but nothing can be added to them; the next flight makes "
        "a new key, which other machines do not trust",
    ),
    DataKind(
        "bundle-key",
        "private key that signs bundles for machines without a network, and its public key",
        (("data", "keys/bundle/**"),),
        erasable=True,
        warning="the next bundle is signed by a new key, which other machines do not trust",
    ),
    DataKind(
        "link-keys",
        "secret keys of signed MAVLink links, and the time of their last use",
        (("data", "keys/*.key"), ("data", "keys/*.key.new"), ("data", "keys/*.time")),
        erasable=True,
        warning="an aircraft or a locked ground box that demands signed frames takes no command without its key",
    ),
    DataKind(
        "certificates",
        "TLS certificate of the web page with its private key, for each address: network addresses",
        (("data", "web/**"),),
        erasable=True,
        warning="a new one is made: browsers ask again whether they trust the page, its fingerprint changes",
    ),
    # From outside
    DataKind(
        "maps",
        "maps that the operator dropped on the page: the areas of interest",
        (("data", "maps/**"),),
        erasable=True,
        warning="the page shows these maps no more",
        searched=False,
    ),
    DataKind(
        "terrain",
        "heights of the ground that the operator dropped on the page: the areas of interest",
        (("data", "terrain/**"),),
        erasable=True,
        warning="plans are checked without the ground",
        searched=False,
    ),
    DataKind(
        "metadata",
        "documentation of parameters, from the aircraft or the operator: types of aircraft",
        (("data", "metadata/**"),),
        erasable=True,
        warning="it is read from the aircraft again; files that the operator gave are gone",
    ),
    DataKind(
        "settings",
        "endpoints, programs and folders that the operator allowed",
        (("config", "policy.toml"), ("data", "policy.toml")),
        by_hand="by hand: delete policy.toml",
    ),
    # Of the program
    DataKind(
        "compiled-code",
        "machine code of Landline's functions, nothing of flights",
        (("compiled", "**"), ("package", "**")),
        erasable=True,
        warning="the next start compiles again (about 15 s)",
        searched=False,
    ),
    DataKind(
        "bug-reports",
        "the command line of a failed run, file names, error texts",
        (("temporary", "landline-bug-*.txt"),),
        erasable=True,
        warning="these faults can no longer be examined",
    ),
    DataKind(
        "temporary",
        "left by a command or page that was killed: copies of flights under review, also decrypted ones; exports",
        (("temporary", "landline-*"), ("temporary", "landline-*/**"), ("data", "tmp/**")),
        erasable=True,
        warning="end every running Landline first; what changed within the last hour stays",
    ),
    # Not in files
    DataKind(
        "logins",
        "codes of the web page and the browsers that logged in with them",
        where="memory of the running page",
        by_hand="end the page",
    ),
    DataKind(
        "browser",
        "draft of a plan (positions), settings, one login; copies of map tiles (a day) and photos (an hour)",
        where="each browser that opened the page, on its own machine",
        by_hand="in the browser: delete the data of the page's address",
    ),
    DataKind(
        "exports",
        "whatever a command wrote where the operator said: exports, downloaded logs, geotagged photos, parameter files",
        where="not recorded: Landline keeps no list of them",
        by_hand="by hand",
    ),
)
NAMES = {kind.name: kind for kind in KINDS}
ERASABLE = tuple(kind.name for kind in KINDS if kind.erasable)
KEYS = ("record-ledger", "signing-key", "bundle-key", "link-keys", "certificates")
"""Kinds whose loss cannot be undone by reading or computing again: erased only alone, never with other kinds."""

# Of `localStorage` of the page: what each key holds.
BROWSER_KEYS = {
    "landline.plan": "the plan that is being drawn: positions, altitudes",
    "landline.plan.max_alt_m": "highest altitude for checks of plans",
    "landline.plan.endurance_min": "endurance for checks of plans",
    "landline.plan.pattern": "last settings of surveys and corridors",
    "landline.maps": "order and visibility of maps",
    "landline.favourite-params": "names of favourite parameters",
    "landline.pads": "settings of joysticks",
    "landline.key": "one login: useless once the page has ended",
    "landline.theme": "theme",
    "landline.language": "language",
    "landline.fly.shortcuts-off": "whether keys act",
    "landline.fly.sounds": "whether sounds are on",
}


@lru_cache(maxsize=256)
def _regex(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*)", pattern)
    return re.compile("".join({"**": ".+", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts))


def kind_of(place: Place, relative: str) -> DataKind:
    """Return the kind of a file; `relative` is its path below the place, with `/`. `OTHER` where none matches."""
    for kind in KINDS:
        for where, pattern in kind.patterns:
            if where == place and _regex(pattern).fullmatch(relative):
                return kind
    return OTHER
