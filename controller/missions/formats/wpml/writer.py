"""Writing of a plan as a DJI mission: `template.kml` and `waylines.wpml` of WPML 1.0.6.

Elements and their order follow the samples of DJI's Cloud API documents and files of DJI Pilot 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from controller.missions.errors import PlanError
from controller.missions.formats.wpml import archive
from controller.missions.formats.wpml.heights import geoids_m
from controller.missions.formats.wpml.job import Job, JobPoint, job_of
from controller.missions.formats.wpml.models import OWN_PAYLOADS
from controller.missions.formats.wpml.orders import Order, hover
from controller.missions.losses import ConversionLoss
from controller.missions.plan import Plan

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_KML = '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:wpml="http://www.dji.com/wpmz/1.0.6">'
#: Matrice 30T, whose waypoint missions have every action of the documents.
_DEFAULT_DRONE = (67, 1)
_DEFAULT_HOVER_S = 1.0
#: A pass of a waypoint needs a distance at which the turn begins.
_LEAST_TURN_M = 0.2
_PHOTO: Order = ("takePhoto", (("payloadPositionIndex", 0), ("useGlobalPayloadLensIndex", 1)))


def write(plan: Plan) -> bytes:
    """Return the plan as a `.kmz`. Raises PlanError where a place or a height cannot be written."""
    job = job_of(plan)
    return archive.write_archive("\n".join(_waylines(job)), "\n".join(_template(job, plan)))


def losses(plan: Plan) -> Iterator[ConversionLoss]:
    """Yield what a DJI mission does not hold of a plan."""
    try:
        job = job_of(plan)
    except PlanError as error:
        yield ConversionLoss(0, "the whole mission", error.what)
        return
    yield from job.losses
    if "drone" not in job.kept:
        what = "which DJI aircraft flies it"
        yield ConversionLoss(0, what, "the plan does not say", "an M30T; --drone names another one")
    if "exitOnRCLost" not in job.kept:
        what = "what happens when the remote control is lost"
        yield ConversionLoss(0, what, "a plan does not say", "a return to the take-off place")
    if plan.home and not _reference(plan):
        why = "its height is not known"
        yield ConversionLoss(0, "the planned home", why, "the place where the aircraft takes off")


def _waylines(job: Job) -> Iterator[str]:
    yield from (_HEAD, _KML, "<Document>")
    yield from _config(job)
    yield "<Folder>"
    yield _element("templateId", 0)
    yield _element("executeHeightMode", job.zero.mode)
    yield _element("waylineId", 0)
    yield _element("autoFlightSpeed", job.speed_m_s)
    if job.start:
        yield "<wpml:startActionGroup>"
        yield from _actions(job.start)
        yield "</wpml:startActionGroup>"
    groups = _groups(job)
    for index, point in enumerate(job.points):
        yield "<Placemark>"
        yield from _place(point, index)
        yield _element("executeHeight", point.height_m)
        yield from _flown(point)
        yield from groups[index]
        yield from ("<wpml:isRisky>0</wpml:isRisky>", "</Placemark>")
    yield from ("</Folder>", "</Document>", "</kml>", "")


def _template(job: Job, plan: Plan) -> Iterator[str]:
    yield from (_HEAD, _KML, "<Document>", _element("author", "Landline"))
    yield from _config(job, _reference(plan))
    yield "<Folder>"
    yield _element("templateType", "waypoint")
    yield _element("templateId", 0)
    yield "<wpml:waylineCoordinateSysParam>"
    yield _element("coordinateMode", "WGS84")
    yield _element("heightMode", job.zero.template)
    yield "</wpml:waylineCoordinateSysParam>"
    yield _element("autoFlightSpeed", job.speed_m_s)
    yield _element("globalHeight", job.zero.of_template(job.points[0].height_m, job.points[0].item)[0])
    yield _element("gimbalPitchMode", "manual")
    yield "<wpml:globalWaypointHeadingParam>"
    yield from _heading(None)
    yield "</wpml:globalWaypointHeadingParam>"
    yield _element("globalWaypointTurnMode", "toPointAndStopWithDiscontinuityCurvature")
    yield _element("globalUseStraightLine", 1)
    groups = _groups(job)
    for index, point in enumerate(job.points):
        height_m, ellipsoid_m = job.zero.of_template(point.height_m, point.item)
        yield "<Placemark>"
        yield from _place(point, index)
        yield _element("useGlobalHeight", 0)
        yield _element("ellipsoidHeight", ellipsoid_m)
        yield _element("height", height_m)
        for name in ("useGlobalSpeed", "useGlobalHeadingParam", "useGlobalTurnParam"):
            yield _element(name, 0)
        yield from _flown(point)
        yield from groups[index]
        yield from ("<wpml:isRisky>0</wpml:isRisky>", "</Placemark>")
    yield from ("</Folder>", "</Document>", "</kml>", "")


def _config(job: Job, reference: str = "") -> Iterator[str]:
    kept = job.kept
    drone = _numbers(kept.get("drone"), 2) or list(_DEFAULT_DRONE)
    own = OWN_PAYLOADS.get((drone[0], drone[1]), 65534)
    payload = _numbers(kept.get("payload"), 3) or [own, 0, 0]
    yield "<wpml:missionConfig>"
    yield _element("flyToWaylineMode", "safely")
    yield _element("finishAction", job.finish)
    yield _element("exitOnRCLost", _kept_text(job, "exitOnRCLost", "executeLostAction"))
    yield _element("executeRCLostAction", _kept_text(job, "executeRCLostAction", "goBack"))
    yield _element("takeOffSecurityHeight", job.climb_m)
    if reference:
        yield _element("takeOffRefPoint", reference)
    yield _element("globalTransitionalSpeed", job.transit_m_s)
    if height := _kept_text(job, "globalRTHHeight", ""):
        yield _element("globalRTHHeight", height)
    yield "<wpml:droneInfo>"
    yield _element("droneEnumValue", drone[0])
    yield _element("droneSubEnumValue", drone[1])
    yield "</wpml:droneInfo>"
    yield "<wpml:payloadInfo>"
    yield _element("payloadEnumValue", payload[0])
    yield _element("payloadSubEnumValue", payload[1])
    yield _element("payloadPositionIndex", payload[2])
    yield from ("</wpml:payloadInfo>", "</wpml:missionConfig>")


def _place(point: JobPoint, index: int) -> Iterator[str]:
    where = f"{_number(point.lon_deg)},{_number(point.lat_deg)}"
    yield f"<Point><coordinates>{where}</coordinates></Point>"
    yield _element("index", index)


def _flown(point: JobPoint) -> Iterator[str]:
    """Yield how a waypoint is flown: speed, nose, turn."""
    yield _element("waypointSpeed", point.speed_m_s)
    yield "<wpml:waypointHeadingParam>"
    yield from _heading(point)
    yield "</wpml:waypointHeadingParam>"
    stop = point.hold_s > 0.0
    if stop:
        mode = "toPointAndStopWithDiscontinuityCurvature"
    elif point.turn_m and not point.curved:
        mode = "coordinateTurn"
    else:
        mode = "toPointAndPassWithContinuityCurvature"
    yield "<wpml:waypointTurnParam>"
    yield _element("waypointTurnMode", mode)
    yield _element("waypointTurnDampingDist", 0 if stop else point.turn_m)
    yield "</wpml:waypointTurnParam>"
    yield _element("useStraightLine", int(not point.curved))


def _heading(point: JobPoint | None) -> Iterator[str]:
    poi = point.poi if point else None
    mode, angle_deg = "followWayline", 0.0
    if point and poi:
        mode = "towardPOI"
    elif point and point.angle_deg is not None:
        mode, angle_deg = "smoothTransition", (point.angle_deg + 180.0) % 360.0 - 180.0
    elif point and any(name == "rotateYaw" for name, _ in point.orders):
        mode = "fixed"  # the nose stays as the action turned it
    yield _element("waypointHeadingMode", mode)
    yield _element("waypointHeadingAngle", angle_deg)
    yield _element("waypointPoiPoint", f"{_number(poi[0])},{_number(poi[1])},0" if poi else "0,0,0")
    yield _element("waypointHeadingAngleEnable", int(mode == "smoothTransition"))
    yield _element("waypointHeadingPathMode", "followBadArc")
    yield _element("waypointHeadingPoiIndex", 0)


def _groups(job: Job) -> list[list[str]]:
    """Return the action groups of each waypoint; their numbers count through the mission."""
    found: list[list[str]] = [[] for _ in job.points]
    number = 0
    for index, point in enumerate(job.points):
        orders = list(point.orders)
        if point.hold_s > 0.0 and point.hold_s != _DEFAULT_HOVER_S:
            orders.insert(0, hover(point.hold_s))
        elif orders and orders[0][0] == "hover" and point.hold_s:
            orders.insert(0, hover(point.hold_s))  # else that one would be the hold
        if orders:
            found[index] += _group(number, index, index, "reachPoint", None, orders)
            number += 1
        for one in job.repeats:
            if one.first == index:
                found[index] += _group(number, one.first, one.last, one.trigger, one.every, [_PHOTO])
                number += 1
    return found


def _group(
    number: int, first: int, last: int, trigger: str, every: float | None, orders: Iterable[Order]
) -> Iterator[str]:
    yield "<wpml:actionGroup>"
    yield _element("actionGroupId", number)
    yield _element("actionGroupStartIndex", first)
    yield _element("actionGroupEndIndex", last)
    yield _element("actionGroupMode", "sequence")
    yield "<wpml:actionTrigger>"
    yield _element("actionTriggerType", trigger)
    if every is not None:
        yield _element("actionTriggerParam", every)
    yield "</wpml:actionTrigger>"
    yield from _actions(orders)
    yield "</wpml:actionGroup>"


def _actions(orders: Iterable[Order]) -> Iterator[str]:
    for number, (name, parameters) in enumerate(orders):
        yield "<wpml:action>"
        yield _element("actionId", number)
        yield _element("actionActuatorFunc", name)
        yield "<wpml:actionActuatorFuncParam>"
        for key, value in parameters:
            yield _element(key, value)
        yield from ("</wpml:actionActuatorFuncParam>", "</wpml:action>")


def _reference(plan: Plan) -> str:
    """Return the reference point of the take-off with its ellipsoid height, "" where that is not known."""
    home = plan.home
    if home is None or not home.alt_known:
        return ""
    height_m = home.alt_amsl_m + geoids_m([(home.lat_deg, home.lon_deg)])[0]
    return f"{_number(home.lat_deg)},{_number(home.lon_deg)},{height_m:.3f}"


def _kept_text(job: Job, name: str, default: str) -> str:
    value = job.kept.get(name)
    return value if isinstance(value, str) and value else default


def _numbers(value: object, length: int) -> list[int] | None:
    if isinstance(value, list) and len(value) == length and all(type(one) is int for one in value):
        return value
    return None


def _element(name: str, value: float | str) -> str:
    return f"<wpml:{name}>{escape(value) if isinstance(value, str) else _number(value)}</wpml:{name}>"


def _number(value: float) -> str:
    """Return a number in full precision without an exponent, which DJI's readers do not all know."""
    if value == math.floor(value):
        return str(int(value))
    text = repr(value)
    return f"{value:.12f}" if "e" in text else text
