"""Runs a command of Landline with guard and seal switched off: only in the network of `landline audit egress --run`.

    python -m controller.cli.audit.unguarded fly examples/inspection.plan --sim quad_x

What the command tries then arrives at the recorder instead of being refused in the process. A link still opens only
what the command line names.
"""

from __future__ import annotations

import ipaddress
import sys
from pathlib import Path
from typing import NoReturn

from controller.guard import audit
from controller.guard.policy import EndpointPolicy
from controller.guard.seal import begin as seal


class _Watching(audit.NetworkAudit):
    """The audit hook, that counts and refuses nothing."""

    def _refuse(self, line: str, hint: str) -> None:  # noqa: ARG002
        self._allow(f"{line} (the guard is off)")


def _enforce(policy: EndpointPolicy) -> audit.NetworkAudit:
    watching = _Watching(policy)
    sys.addaudithook(watching)
    return watching


def _no_seal(*_: object, **__: object) -> NoReturn:
    raise seal.CannotSeal("cannot seal the run: it is recorded with its seal off")


def in_recorded_network() -> bool:
    """Return whether this process is in the recorder's network: no other may run without the guard."""
    from controller.guard.capture.network import DEVICE, OWN_ADDRESSES

    try:
        lines = Path("/proc/self/net/if_inet6").read_text(encoding="ascii").splitlines()
    except OSError:
        return False
    own = ipaddress.IPv6Address(OWN_ADDRESSES[1]).packed.hex()
    devices = {line.split()[-1]: line.split()[0] for line in lines if not line.startswith("fe80")}
    return devices.get(DEVICE) == own and set(devices) <= {DEVICE, "lo"}


def main() -> int:
    """Run the command line; return its exit code."""
    if not in_recorded_network():
        sys.stderr.write(
            "landline: cannot run without the guard outside the recorder's network (a safety check)\n"
        )
        return 5
    audit.enforce = _enforce
    seal.begin = _no_seal
    from controller.cli.main import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
