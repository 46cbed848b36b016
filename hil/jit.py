"""Compiler of simulation kernels: numba with a disk cache, without fast-math so that runs repeat bit for bit.

Numba's cache checks only the file of the compiled function, not the functions it calls in other files. So the cache
folder is named after a digest of all sources with compiled functions: a change in one of them starts a new folder.
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
    """Return the folder of compiled kernels: below the user's cache folder, one for each version of the sources."""
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
    """Compile `function` inline into its callers; a call would keep a loop over lanes from being vectorised."""
    config: Any = numba.config
    config.CACHE_DIR = str(cache_dir())
    compiled: Any = numba.njit(cache=True, fastmath=False, error_model="numpy", forceinline=True)(function)
    return cast(F, compiled)


LANES = 16  # vehicles side by side in a block, a multiple of every processor's vector width


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


# `lane(block, start)`, in compiled code only, is a view of the row of one vehicle in a flat block that holds LANES
# vehicles field by field: element i is block[start + i * LANES]. The stride is a compile-time constant, so the
# compiler can vectorise a loop over lanes of ordinary stages. The view is not bounds-checked.
lane: Any = _lane
