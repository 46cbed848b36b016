"""`landline audit`: what this machine holds and what left it. Each command is in a module of its own."""

from __future__ import annotations

from controller.cli.audit.egress import EXAMPLE as EGRESS_EXAMPLE
from controller.cli.audit.egress import egress
from controller.cli.command_app import CommandApp

app = CommandApp(help="Show what left this machine, with evidence.")

COMMANDS = (("egress", egress, EGRESS_EXAMPLE),)

for name, command, example in COMMANDS:
    app.command(name, epilog=example)(command)
