"""KML out of a plan: a line for the eye where all heights have one zero, and a point for each place.

Heights above the take-off become heights above sea level where the altitude of home is known, else heights above the
ground, which is the same over flat ground only; that is a loss.
"""

from __future__ import annotations

from controller.missions.formats.mission_format import MissionFormat
from controller.missions.formats.paths.kml import NAME, TITLE, read, sniff
from controller.missions.formats.paths.out import PlaceOut, number, way_out
from controller.missions.formats.paths.xml_text import element, escaped
from controller.missions.losses import ConversionLoss
from controller.missions.plan import Plan


def write(plan: Plan) -> bytes:
    """Return the way of the plan as KML, without the parts that `losses` lists."""
    places = way_out(plan, TITLE, _loss_of_height).places
    modes = {_mode(one) for one in places}
    name = element("name", escaped(plan.path))
    line = ""
    if len(modes) == 1 and len(places) > 1:
        coordinates = element("coordinates", " ".join(map(_coordinates, places)))
        line = _placemark("Way", element("LineString", element("altitudeMode", modes.pop()) + coordinates))
    points = "\n".join(_placemark(str(index), _point(one)) for index, one in enumerate(places, start=1))
    document = element("Document", f"{name}\n{line}\n{points}\n")
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
    return f"{head}{document}</kml>\n".encode()


def losses(plan: Plan) -> list[ConversionLoss]:
    """Return the parts of the plan that KML cannot hold."""
    return way_out(plan, TITLE, _loss_of_height).lost


def _placemark(name: str, shape: str) -> str:
    return element("Placemark", element("name", name) + shape)


def _point(one: PlaceOut) -> str:
    return element("Point", element("altitudeMode", _mode(one)) + element("coordinates", _coordinates(one)))


def _mode(one: PlaceOut) -> str:
    return "relativeToGround" if one.above_sea_m is None else "absolute"


def _coordinates(one: PlaceOut) -> str:
    height_m = one.item.alt_m if one.above_sea_m is None else one.above_sea_m
    return ",".join(map(number, (one.item.lon_deg, one.item.lat_deg, height_m)))


def _loss_of_height(one: PlaceOut) -> tuple[str, str] | None:
    if one.above_sea_m is not None or one.above_ground:
        return None
    why = "KML has no height above the take-off, and the altitude of home is not known"
    return why, "the same height above the ground"


FORMAT = MissionFormat(
    name=NAME,
    title=TITLE,
    endings=(".kml",),
    sniff=sniff,
    read=read,
    write=write,
    losses=losses,
)
