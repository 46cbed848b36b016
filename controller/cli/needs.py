"""What each command may use: links, listeners, programs and places to write, from its parsed arguments.

One table for all commands, so that it can be read in one go. It is made before a sealed run begins: no import here may
load numpy or start a thread.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from controller.cli.need import Given, Needs, links, paths

_LINK = re.compile(r"[a-z][a-z0-9+]+:")
_PYTHON = Path(sys.executable).name


def _linked(given: Given) -> Needs:
    """A command that talks over one link, and writes nothing."""
    return Needs(links(given))


def _fly(given: Given) -> Needs:
    binary = given["autopilot_binary"] is not None
    boxed = given["box"] and given["speed"] != "max" and not binary and not given["link"]
    return Needs(
        links(given),
        programs=(_PYTHON,),
        inside=_box_terminals() if boxed else (),
        folders=paths(given["out"]),
        unsealed="the programs of PX4 and ArduPilot use sockets that the seal refuses" if binary else "",
    )


def _box_terminals() -> tuple[str, ...]:
    """Return the terminals of a simulated ground box, as hil.box.micropython opens them."""
    from controller.guard.data_folder import run_folder

    folder = run_folder() / "box"
    return tuple(f"pty:{folder / name}" for name in ("radio", "laptop", "ground"))


def _gcs(given: Given) -> Needs:
    from controller.web.address import WebAddress, endpoints, parse_address

    urls = links(given)
    if not urls and not given["sim"]:
        urls = ("udpin:127.0.0.1:14550",)
    web = given["web"]
    listens = () if web == "none" else endpoints(WebAddress() if web is None else parse_address(web))
    return Needs(urls, listens, programs=(_PYTHON,))


def _sim(given: Given) -> Needs:
    return Needs(
        links(given) or ("udpout:127.0.0.1:14550", "tcpin:127.0.0.1:5760"),
        programs=(_PYTHON,),
    )


def _run(given: Given) -> Needs:
    urls = links(given) or (() if given["sim"] else ("udpin:127.0.0.1:14550",))
    return Needs(urls, programs=(_PYTHON,), folders=paths(*given["write"] or ()), script=True)


def _doctor(given: Given) -> Needs:  # noqa: ARG001
    return Needs(inside=("udpin:127.0.0.1:14550", "tcpin:127.0.0.1:5760"))


def _hil_px4(given: Given) -> Needs:
    url = given["link"] or f"tcpin:127.0.0.1:{4560 + int(given['instance'])}"
    beside = links(given, "ground") or ("udpout:127.0.0.1:14550", "udpout:127.0.0.1:14540")
    board = url.startswith(("serial:", "pty:"))
    return Needs((url, *beside) if board else (url,), files=paths(given["params"], given["truth"]))


def _hil_ardupilot(given: Given) -> Needs:
    port = 9002 + 10 * int(given["instance"]) if given["port"] is None else given["port"]
    host = f"[{given['host']}]" if ":" in given["host"] else given["host"]
    return Needs((f"udpin:{host}:{port}",), files=paths(given["params"], given["truth"]))


def _check(given: Given) -> Needs:
    return Needs(links(given), programs=(_PYTHON,))


def _target(given: Given) -> Needs:
    return Needs(links(given), files=paths(given["target"]))


def _logs(given: Given, *names: str) -> tuple[Path, ...]:
    """Folders of flights that a command reads, and keeps tables and reports in."""
    named = paths(given.get("flights"), *(given.get(name) for name in names))
    return tuple(one for one in named if one.is_dir())


def _flights(given: Given) -> Needs:
    return Needs(folders=_logs(given, "flight"))


def _report(given: Given) -> Needs:
    target, flight = given["target"], Path(given["flight"])
    if target is None and flight.is_file():
        target = f"{flight.stem}.html"
    return Needs(folders=_logs(given, "flight"), files=paths(target))


def _export(given: Given) -> Needs:
    target, flight, form = given["target"], Path(given["flight"]), given["form"]
    if target is None:
        target = (
            "flight.slice" if given["proof"] else f"{flight.stem}.{form}" if flight.is_file() else "flight"
        )
    return Needs(folders=_logs(given, "flight"), files=paths(target))


def _verify(given: Given) -> Needs:
    return Needs(folders=_logs(given, "flight"), files=paths(given["target"]))


def _fingerprint(given: Given) -> Needs:
    return Needs(folders=_logs(given, "flight"), files=paths(given["svg"]))


def _nothing(given: Given) -> Needs:  # noqa: ARG001
    return Needs()


def _logs_download(given: Given) -> Needs:
    writes = given["number"] is not None or given["last"] or given["every"]
    return Needs(links(given), folders=paths(given["target"]) if writes else ())


def _import(given: Given) -> Needs:
    return Needs(folders=paths(given["target"]))


def _merge_box(given: Given) -> Needs:
    source = given["source"]
    linked = not Path(source).exists() and _LINK.match(source)
    return Needs((source,) if linked else (), folders=_logs(given, "flight"))


def _geotag(given: Given) -> Needs:
    photos = Path(given["folder"])
    if given["dry_run"]:
        return Needs(folders=_logs(given, "flight"))
    target = photos if given["sidecar"] else Path(given["target"] or photos / "geotagged")
    return Needs(folders=(*_logs(given, "flight"), target))


def _anonymize(given: Given) -> Needs:
    source = Path(given["source"])
    beside = source if source.is_dir() else source.parent
    return Needs(folders=paths(given["target"] or beside / "anonymized"))


def _resumed(given: Given) -> Needs:
    out = given["out"]
    return Needs(folders=_logs(given, "flight"), files=paths(None if str(out) == "-" else out))


def _planned(given: Given) -> Needs:
    out = given["out"]
    writes = out is not None and str(out) != "-"
    # Several flights are files beside it, with a number each.
    batteries = any(given.get(name) for name in ("airframe", "like", "battery_minutes", "battery_wh"))
    return Needs(
        files=paths(out if writes else None, given["coverage"]),
        folders=(Path(out).parent,) if writes and batteries else (),
    )


def _box_to(given: Given) -> Needs:
    return Needs(folders=paths(given["to"]))


def _box_image(given: Given) -> Needs:
    return Needs(programs=("mpy-cross",), files=paths(given["out_file"], given["key"]))


def _box_rotate(given: Given) -> Needs:
    url = given["link"]
    return Needs((f"{url}{'&' if '?' in url else '?'}sign_up={given['key']}",))


def _box_get(given: Given) -> Needs:
    if not given["name"]:
        return _linked(given)
    to = Path(given["to"] or "")
    return Needs(links(given), files=(to / Path(given["name"]).name if to.is_dir() else to,))


def _box_run(given: Given) -> Needs:  # noqa: ARG001
    return Needs(unsealed="the box's firmware opens its ports itself")


def _egress(given: Given) -> Needs:
    if given["run"] is not None:
        return Needs(unsealed="it makes a network of its own, and records the run in it")
    return Needs(folders=_logs(given), files=paths(given["html"]))


def _audit_erase(given: Given) -> Needs:
    from controller.app.held.survey import known_places

    outside = {"compiled-code", "bug-reports", "temporary"}.intersection(given["kind"] or ())
    if outside:
        return Needs(unsealed=f"a sealed run may not write where {min(outside)} may be")
    named = (Path(one) for one in given["flight"] or ())
    above = (one.absolute().parent for one in named if one.is_dir())
    return Needs(folders=(*known_places(given["flights"]).flights, *above))


def _bundle_make(given: Given) -> Needs:
    return Needs(files=paths(given["out"]))


def _bundle_install(given: Given) -> Needs:
    # venv and pip run inside the seal too: without a network.
    return Needs(programs=(_PYTHON, "python", "python.exe"), folders=paths(given["to"]))


COMMANDS: dict[str, Callable[[Given], Needs]] = {
    "fly": _fly,
    "gcs": _gcs,
    "sim": _sim,
    "run": _run,
    "doctor": _doctor,
    "hil px4": _hil_px4,
    "hil ardupilot": _hil_ardupilot,
    "mission check": _check,
    "mission show": _linked,
    "mission convert": _target,
    "mission upload": _linked,
    "mission download": _target,
    "mission clear": _linked,
    "mission cameras": _nothing,
    "mission resume": _resumed,
    "mission plan survey": _planned,
    "mission plan corridor": _planned,
    "mission plan search": _planned,
    "mission plan spray": _planned,
    "mission plan spread": _planned,
    "mission plan structure": _planned,
    "mission plan facade": _planned,
    "mission plan orbit": _planned,
    "mission plan turbine": _planned,
    "mission plan strip": _planned,
    "mission plan bridge": _planned,
    "params list": _linked,
    "params get": _linked,
    "params set": _linked,
    "params save": _target,
    "params load": _linked,
    "params diff": _linked,
    "logs ls": _flights,
    "logs show": _flights,
    "logs sql": _flights,
    "logs review": _flights,
    "logs report": _report,
    "logs decode": _nothing,
    "logs export": _export,
    "logs verify": _verify,
    "logs fingerprint": _fingerprint,
    "logs head": _fingerprint,
    "logs key": _nothing,
    "logs download": _logs_download,
    "logs import": _import,
    "logs merge-box": _merge_box,
    "logs fill": _merge_box,
    "logs geotag": _geotag,
    "logs coverage": _verify,
    "logs anonymize": _anonymize,
    "logs scrub": _anonymize,
    "logs encrypt": _flights,
    "logs decrypt": _flights,
    "logs erase": _flights,
    "box status": _linked,
    "box config": _box_to,
    "box image": _box_image,
    "box update": _box_to,
    "box rotate": _box_rotate,
    "box get": _box_get,
    "box run": _box_run,
    "audit egress": _egress,
    "audit data": _flights,
    "audit erase": _audit_erase,
    "bundle make": _bundle_make,
    "bundle verify": _nothing,
    "bundle install": _bundle_install,
    "bundle sbom": _nothing,
    "bundle lock": _nothing,
}


def needs_of(command: str, given: Given) -> Needs:
    """Return what a command may use. `command` is its name with its groups', such as "logs export".

    Raises UserError for an argument that cannot be used, KeyError for a command without needs.
    """
    return COMMANDS[command](given)
