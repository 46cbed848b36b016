"""Makes DJI missions (WPML) for tests, element by element, in the form that DJI Pilot 2 writes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

_XML = '<?xml version="1.0" encoding="UTF-8"?>'
_SPACE = "http://www.dji.com/wpmz/"
CONFIG = {
    "flyToWaylineMode": "safely",
    "finishAction": "goHome",
    "exitOnRCLost": "executeLostAction",
    "executeRCLostAction": "goBack",
    "takeOffSecurityHeight": "20",
    "globalTransitionalSpeed": "12",
}


def tag(name: str, text: object) -> str:
    """Return an element of WPML."""
    return f"<wpml:{name}>{text}</wpml:{name}>"


def tags(**values: object) -> str:
    """Return elements of WPML."""
    return "".join(tag(name, text) for name, text in values.items())


def action(name: str, **parameters: object) -> str:
    """Return an action with its parameters."""
    inside = tag("actionActuatorFuncParam", tags(**parameters))
    return tag("action", tags(actionId=0, actionActuatorFunc=name) + inside)


def group(
    *actions: str, first: int = 0, last: int | None = None, trigger: str = "reachPoint", every: float = 0
) -> str:
    """Return an action group for the waypoints `first` to `last`."""
    condition = tags(actionTriggerType=trigger) + (tag("actionTriggerParam", every) if every else "")
    numbers = tags(
        actionGroupId=0,
        actionGroupStartIndex=first,
        actionGroupEndIndex=first if last is None else last,
        actionGroupMode="sequence",
    )
    return tag("actionGroup", numbers + tag("actionTrigger", condition) + "".join(actions))


def waypoint(
    index: int,
    *groups: str,
    lat: float | str = 47.0,
    lon: float = 8.5,
    height: object = 30,
    speed: float = 8,
    turn: str = "toPointAndStopWithDiscontinuityCurvature",
    damping: float = 0,
    straight: int = 1,
    heading: str = tags(waypointHeadingMode="followWayline"),
    more: str = "",
) -> str:
    """Return a waypoint of a wayline, on a line to the north."""
    north = lat + index * 0.001 if isinstance(lat, float) else lat
    turned = tags(waypointTurnMode=turn, waypointTurnDampingDist=damping)
    return (
        f"<Placemark><Point><coordinates>{lon},{north}</coordinates></Point>"
        + tags(index=index, executeHeight=height, waypointSpeed=speed)
        + tag("waypointHeadingParam", heading)
        + tag("waypointTurnParam", turned)
        + tag("useStraightLine", straight)
        + "".join(groups)
        + more
        + "</Placemark>"
    )


def wayline(*points: str, mode: str = "relativeToStartPoint", speed: float = 8, start: str = "") -> str:
    """Return a wayline of waypoints."""
    head = tags(templateId=0, executeHeightMode=mode, waylineId=0, autoFlightSpeed=speed)
    return f"<Folder>{head}{start}{''.join(points)}</Folder>"


def document(
    *folders: str, config: dict[str, str] | None = None, version: str = "1.0.6", more: str = ""
) -> str:
    """Return a document of WPML; `more` stands in its missionConfig."""
    inside = tag("missionConfig", tags(**(CONFIG if config is None else config)) + more)
    space = f'xmlns="http://www.opengis.net/kml/2.2" xmlns:wpml="{_SPACE}{version}"'
    return f"{_XML}\n<kml {space}><Document>{inside}\n" + "\n".join(folders) + "</Document></kml>"


def packed(waylines: str = "", template: str = "", *, others: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """Return the bytes of a `.kmz` with the documents that are given."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("wpmz/template.kml", template), ("wpmz/waylines.wpml", waylines)):
            if text:
                archive.writestr(name, text)
        for name, data in others:
            archive.writestr(name, data)
    return content.getvalue()


def job(*points: str, **options: str) -> bytes:
    """Return the `.kmz` of one wayline."""
    return packed(document(wayline(*points, **options)))


def template(
    points: str,
    *,
    kind: str = "waypoint",
    mode: str = "relativeToStartPoint",
    more: str = "",
    config: str = "",
) -> str:
    """Return a template document with the placemarks `points`."""
    zero = tag("waylineCoordinateSysParam", tags(coordinateMode="WGS84", heightMode=mode))
    head = tags(templateType=kind, templateId=0) + zero + tag("autoFlightSpeed", 7)
    return document(f"<Folder>{head}{more}{points}</Folder>", more=config)
