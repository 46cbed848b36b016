"""What the command line and the environment ask of the seal.

Without a word of them a run is sealed wherever the kernel can.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from controller.errors import UserError


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line and the environment ask. `reason` is why a run is not to be sealed."""

    seal: Literal["must", "may", "not"]
    reason: str = ""
    policy: Path | None = None


def take_options(
    words: Sequence[str], environment: Mapping[str, str] = os.environ
) -> tuple[list[str], Asked]:
    """Return the words without --sealed, --unsealed and --policy FILE, and what they ask.

    They may stand anywhere before "--": what follows are the words of a script. Raises UserError.
    """
    rest: list[str] = []
    found: set[str] = set()
    policy: Path | None = None
    left = iter(words)
    for word in left:
        if word == "--":
            rest += [word, *left]
        elif word in ("--sealed", "--unsealed"):
            found.add(word)
        elif word == "--policy" or word.startswith("--policy="):
            name = word.removeprefix("--policy=") if "=" in word else next(left, "")
            if not name:
                raise UserError("cannot read the policy: no file given", where="--policy", hint="give a file")
            policy = Path(name)
        else:
            rest.append(word)
    if len(found) > 1:
        raise UserError("cannot both seal and not seal the run: give --sealed or --unsealed")
    if "--sealed" in found:
        return rest, Asked("must", "", policy)
    if found:
        return rest, Asked("not", "--unsealed was given", policy)
    setting = environment.get("LANDLINE_SEAL", "")
    match setting:
        case "must":
            return rest, Asked("must", "", policy)
        case "" | "1":
            return rest, Asked("may", "", policy)
        case "0":
            return rest, Asked("not", "LANDLINE_SEAL is 0", policy)
    raise UserError(f"invalid value '{setting}'", where="LANDLINE_SEAL", hint="use 0, 1 or must")
