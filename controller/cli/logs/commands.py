"""`landline logs`: recorded flights, and log files of any origin. Each command is in a module of its own."""

from __future__ import annotations

from controller.cli.command_app import CommandApp
from controller.cli.logs.coverage import EXAMPLE as COVERAGE_EXAMPLE
from controller.cli.logs.coverage import coverage
from controller.cli.logs.download import EXAMPLE as DOWNLOAD_EXAMPLE
from controller.cli.logs.download import download
from controller.cli.logs.encryption import decrypt, encrypt, erase
from controller.cli.logs.export import export
from controller.cli.logs.fingerprint import fingerprint
from controller.cli.logs.import_flights import EXAMPLE as IMPORT_EXAMPLE
from controller.cli.logs.import_flights import import_flights
from controller.cli.logs.merge_box import EXAMPLE as MERGE_BOX_EXAMPLE
from controller.cli.logs.merge_box import merge_box
from controller.cli.logs.photos import anonymize, geotag
from controller.cli.logs.query import ls, sql
from controller.cli.logs.review import report, review
from controller.cli.logs.show import decode, show
from controller.cli.logs.verify import key, verify

app = CommandApp(
    help="List, verify and export recorded flights; read, review and anonymize log files.",
)

COMMANDS = (
    ("ls", ls, 'Example: landline logs ls --where "warnings > 0 AND max_alt_m > 100"'),
    ("show", show, "Example: landline logs show last"),
    ("sql", sql, 'Example: landline logs sql "SELECT flight, max(abs(roll)) FROM ATTITUDE GROUP BY flight"'),
    ("review", review, "Example: landline logs review last"),
    ("report", report, "Example: landline logs report last   (or landline logs report 00000012.BIN)"),
    ("decode", decode, "Example: landline logs decode flights/20260517T093012Z-copter-1/frames.tlog --json"),
    (
        "export",
        export,
        "Example: landline logs export last --from 2026-05-17T09:30:00Z --to 2026-05-17T09:31:00Z --proof",
    ),
    ("verify", verify, "Example: landline logs verify last"),
    ("fingerprint", fingerprint, "Example: landline logs fingerprint last --svg fingerprint.svg"),
    ("key", key, "Example: landline logs key"),
    ("download", download, DOWNLOAD_EXAMPLE),
    ("import", import_flights, IMPORT_EXAMPLE),
    ("merge-box", merge_box, MERGE_BOX_EXAMPLE),
    ("geotag", geotag, "Example: landline logs geotag last photos/ --out tagged/"),
    ("coverage", coverage, COVERAGE_EXAMPLE),
    (
        "anonymize",
        anonymize,
        "Example: landline logs anonymize flight.ulg --out public/ --level shift   (or a folder of photos)",
    ),
    ("encrypt", encrypt, "Example: landline logs encrypt last --to age1..."),
    ("decrypt", decrypt, "Example: landline logs decrypt last --identity key.txt"),
    ("erase", erase, "Example: landline logs erase --keep-days 90 --yes"),
)
# Names of release 0.1, accepted for one more release and not shown in the help.
OLD_NAMES = (("scrub", anonymize), ("fill", merge_box), ("head", fingerprint))

for name, command, example in COMMANDS:
    app.command(name, epilog=example)(command)
for name, command in OLD_NAMES:
    app.command(name, hidden=True)(command)
