"""The one way to compile a stage: numba, cached on disk, without fast-math so that a run repeats bit for bit.

Numba's cache looks only at the file of the compiled function, not at the functions it calls; a changed callee in another
file would be missed. So the cache folder is named after a digest of every source here that compiles anything: a change in
one of them starts a new folder.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import platformdirs

F = TypeVar("F", bound=Callable[..., object])


@lru_cache(maxsize=1)
def cache_dir() -> Path:
    """Where compiled stages are kept: below the user's cache folder, one folder for each version of the compiled sources."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        source = path.read_bytes()
        if b"hil.jit" in source:
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(source)
    base = os.environ.get("LANDLINE_CACHE") or platformdirs.user_cache_dir("landline", appauthor=False)
    return Path(base) / "compiled" / digest.hexdigest()[:16]


def stage(function: F) -> F:
    """Compile `function` in numba's nopython mode."""
    config: Any = numba.config
    config.CACHE_DIR = str(cache_dir())
    compiled: Any = numba.njit(cache=True, fastmath=False, error_model="numpy")(function)
    return cast(F, compiled)
