"""TOML reader whose errors are one line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from controller.errors import UserError


def read_toml(path: Path, error: type[UserError]) -> dict[str, Any]:
    """Return the document of a TOML file. Raises `error`, with the file as its place."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as failed:
        raise error(f"cannot read file: {failed.strerror}", where=str(path), hint="check the path") from None
    except UnicodeDecodeError:
        raise error("cannot read file: it is not UTF-8 text", where=str(path)) from None
    # Python refuses numbers of thousands of digits and deeply nested lists.
    except (ValueError, RecursionError) as failed:
        raise error(f"invalid TOML: {failed}", where=str(path)) from None
