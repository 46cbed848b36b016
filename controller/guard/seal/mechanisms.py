"""Which mechanisms of the seal this machine has, tried for good in a child process, each with its reason."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace

from controller.guard.account import Mechanism


@dataclass(frozen=True, slots=True)
class Mechanisms:
    """The three mechanisms of the kernel."""

    namespaces: Mechanism
    seccomp: Mechanism
    landlock: Mechanism

    @property
    def kernel(self) -> bool:
        """Whether the kernel can hold a run at all: without the filter it cannot."""
        return self.seccomp.active

    @property
    def all(self) -> tuple[Mechanism, ...]:
        """All three."""
        return (self.namespaces, self.seccomp, self.landlock)

    def without_landlock(self, reason: str) -> Mechanisms:
        """Return them without Landlock for this reason; where the kernel has none, its own reason stays."""
        if not self.landlock.active:
            return self
        return replace(self, landlock=replace(self.landlock, active=False, detail=reason))


def try_mechanisms() -> Mechanisms:
    """Try each mechanism; this process is not changed. Call it while it has one thread."""
    if sys.platform != "linux":
        missing = Mechanism("seal", active=False, detail=f"only Linux has it, not {sys.platform}")
        return Mechanisms(missing, missing, missing)
    from controller.guard.seal import landlock, namespaces, seccomp

    return Mechanisms(
        _tried(
            "namespaces",
            "a network of its own, loopback only",
            lambda: _in_child(namespaces.enter),
            namespaces.why_not,
        ),
        _tried("seccomp", "no new kind of connection", seccomp.works, seccomp.why_not),
        _landlock(landlock.abi, landlock.why_not),
    )


def _tried(
    name: str, detail: str, attempt: Callable[[], None], why_not: Callable[[OSError], str]
) -> Mechanism:
    try:
        attempt()
    except OSError as error:
        return Mechanism(name, active=False, detail=why_not(error))
    return Mechanism(name, active=True, detail=detail)


def _landlock(abi: Callable[[], int], why_not: Callable[[OSError], str]) -> Mechanism:
    try:
        version = abi()
    except OSError as error:
        return Mechanism("landlock", active=False, detail=why_not(error))
    return Mechanism("landlock", active=True, detail=f"writes in its own folders only (version {version})")


def _in_child(attempt: Callable[[], None]) -> None:
    """Make an attempt in a child process that ends with it. Raises OSError with the child's reason."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            attempt()
            code = 0
        except OSError as error:
            os.write(writer, f"{error.errno or 0} {error.strerror or error}".encode()[:500])
        except BaseException:
            os.write(writer, f"0 {traceback.format_exc(limit=-1)}".encode()[:500])
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        reason = answer.read().decode("utf-8", "replace")
    _, status = os.waitpid(child, 0)
    if status:
        number, _, text = reason.partition(" ")
        raise OSError(int(number or 0), " ".join(text.split()) or f"the attempt ended with status {status}")
