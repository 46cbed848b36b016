"""A TOML file as a document, or one line on why it is none."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from controller.errors import UserError


def read_toml(path: Path, error: type[UserError]) -> dict[str, Any]:
    """Raises `error`, naming the file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as failed:
        raise error(f"cannot be read: {failed.strerror}", where=str(path)) from None
    except UnicodeDecodeError:
        raise error("is not a text file in UTF-8", where=str(path)) from None
    # Python itself refuses numbers of thousands of digits, and lists in lists without end.
    except (ValueError, RecursionError) as failed:
        raise error(f"is not TOML: {failed}", where=str(path)) from None
