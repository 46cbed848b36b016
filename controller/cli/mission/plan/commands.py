"""`landline mission plan`: one command for each pattern."""

from __future__ import annotations

from controller.cli.command_app import CommandApp
from controller.cli.mission.plan import inspection, lines, mapping, search, spraying

app = CommandApp(help="Plan a job: a pattern over an area or along a line.")

app.command(epilog="Example: landline mission plan survey field.kml --height-m 60 --out field.plan")(
    mapping.survey
)
app.command(epilog="Example: landline mission plan corridor line.kml --width-m 40 --out line.plan")(
    mapping.corridor
)
app.command(
    epilog="Example: landline mission plan search --datum 47.3977,8.5456 --radius-m 300 --out search.plan"
)(search.search)

app.command(epilog="Example: landline mission plan structure tower.kml --top-m 30 --out tower.plan")(
    inspection.structure
)
app.command(epilog="Example: landline mission plan facade wall.kml --top-m 20 --out wall.plan")(
    inspection.facade
)
app.command(epilog="Example: landline mission plan orbit 47.3977,8.5456 --radius-m 30 --heights-m 20,40")(
    inspection.orbit
)
app.command(epilog="Example: landline mission plan turbine 47.3977,8.5456 --hub-m 100 --out t.plan")(
    inspection.turbine
)
app.command(epilog='Example: landline mission plan strip towers.csv --assets "14 to 22" --out line.plan')(
    lines.strip
)
app.command(epilog="Example: landline mission plan bridge bridge.kml --under-m 20 --top-m 24 --width-m 12")(
    lines.bridge
)
app.command(
    epilog="Example: landline mission plan spray field.kml --swath-m 5 --litres-ha 10 --tank-l 10 --out field.plan"
)(spraying.spray)
app.command(
    epilog="Example: landline mission plan spread field.kml --swath-m 6 --kg-ha 20 --pump servo:9 --out field.plan"
)(spraying.spread)
