"""`landline audit`: what this machine holds and what left it. Each command is in a module of its own."""

from __future__ import annotations

from controller.cli.audit.data import EXAMPLE as DATA_EXAMPLE
from controller.cli.audit.data import data
from controller.cli.audit.egress import EXAMPLE as EGRESS_EXAMPLE
from controller.cli.audit.egress import egress
from controller.cli.audit.erase import EXAMPLE as ERASE_EXAMPLE
from controller.cli.audit.erase import erase
from controller.cli.command_app import CommandApp

app = CommandApp(help="Show what left this machine, with evidence, and what it holds; erase data.")

COMMANDS = (
    ("egress", egress, EGRESS_EXAMPLE),
    ("data", data, DATA_EXAMPLE),
    ("erase", erase, ERASE_EXAMPLE),
)

for name, command, example in COMMANDS:
    app.command(name, epilog=example)(command)
