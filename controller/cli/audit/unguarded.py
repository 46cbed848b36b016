"""Runs a command of Landline with its own guard switched off: only in the network of `landline audit egress --run`.

    python -m controller.cli.audit.unguarded fly examples/inspection.plan --sim quad_x

What the command tries then arrives at the recorder instead of being refused in the process. A link still opens only
what the command line names.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from controller.guard import audit
from controller.guard.policy import EndpointPolicy

# The mark that only the recorder's process sets, beside the device that only its network has.
MARK = "LANDLINE_RECORDED_NETWORK"


class _Watching(audit.NetworkAudit):
    """The audit hook, that counts and refuses nothing."""

    def _refuse(self, line: str, hint: str) -> None:  # noqa: ARG002
        self._allow(f"{line} (the guard is off)")


def _install(policy: EndpointPolicy) -> audit.AuditRecord:
    watching = _Watching(policy)
    sys.addaudithook(watching)
    return watching.record


def in_recorded_network() -> bool:
    """Return whether this process is in the recorder's network: no other may run without the guard."""
    from controller.guard.capture.network import DEVICE

    return bool(os.environ.get(MARK)) and Path(f"/proc/self/net/dev_snmp6/{DEVICE}").exists()


def main() -> int:
    """Run the command line; return its exit code."""
    if not in_recorded_network():
        sys.stderr.write(
            "landline: cannot run without the guard outside the recorder's network (a safety check)\n"
        )
        return 5
    audit.install = _install
    from controller.cli.main import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
