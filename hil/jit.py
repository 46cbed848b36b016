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
from numba import types
from numba.extending import intrinsic
from numba.np import arrayobj

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
    compiled: Any = numba.njit(cache=True, fastmath=False, error_model="numpy", nogil=True)(function)
    return cast(F, compiled)


def inlined(function: F) -> F:
    """Compile `function` into its callers, as loops over the lanes of a batch need: a call would keep them scalar."""
    config: Any = numba.config
    config.CACHE_DIR = str(cache_dir())
    compiled: Any = numba.njit(cache=True, fastmath=False, error_model="numpy", forceinline=True)(function)
    return cast(F, compiled)


LANES = 16  # vehicles beside each other in a block, a multiple of every processor's vector width


@intrinsic
def _lane(typing: Any, block: Any, start: Any) -> Any:  # noqa: ARG001
    row = types.Array(types.float64, 1, "A")

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = context.make_array(signature.args[0])(context, builder, args[0])
        view = context.make_array(row)(context, builder)
        populate: Any = arrayobj.populate_array
        far, stride, size = (context.get_constant(types.intp, value) for value in (1 << 40, 8 * LANES, 8))
        populate(
            view,
            data=builder.gep(source.data, [args[1]], inbounds=True),
            shape=[far],
            strides=[stride],
            itemsize=size,
            meminfo=None,
        )
        return view._getvalue()

    return row(block, types.intp), generate


# `lane(block, start)` is, in compiled code only, the row of one vehicle in a flat block that holds LANES vehicles field by
# field: element i lies at block[start + i * LANES]. The stride is a constant to the compiler, which is what lets it run a
# loop over lanes of ordinary stages as vector instructions. Nothing is copied, nothing is checked.
lane: Any = _lane
