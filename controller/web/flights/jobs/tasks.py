"""The tasks of the process that works on logs, by name. Arguments and results are JSON, or bytes for the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from controller.web.flights.jobs.source import Progress, source_of

Answer = bytes | dict[str, Any] | list[Any] | int | str | None
Task = Callable[[dict[str, Any], Progress], Answer]
_columns: Any = None


def run_task(name: str, args: dict[str, Any], progress: Progress) -> Answer:
    """Run a task by its name. Raises what it raises."""
    return TASKS[name](args, progress)


def _warm(args: dict[str, Any], progress: Progress) -> Answer:  # noqa: ARG001 - signature of a task
    """Load the libraries and compiled kernels, so that the first flight opens as fast as the second."""
    from controller.web.flights.jobs.warming import warm

    return warm()


def _refresh(args: dict[str, Any], progress: Progress) -> Answer:
    from controller.web.flights.jobs.listing import refresh_catalogue

    return refresh_catalogue(Path(args["flights"]), args["running"], progress)


def _decrypt(args: dict[str, Any], progress: Progress) -> Answer:  # noqa: ARG001 - signature of a task
    import os

    from controller.errors import UserError
    from controller.logs.privacy.decrypted_copy import IDENTITY
    from controller.logs.privacy.encryption import extract, identities_of

    identity = os.environ.get(IDENTITY, "")
    if not identity:
        raise UserError(
            "the flight is encrypted", where=args["folder"], hint=f"start landline gcs with {IDENTITY} set to the "
            "file of an age identity that decrypts it",
        )  # fmt: skip
    extract(Path(args["folder"]), Path(args["target"]), identities_of(Path(identity)))
    return None


def _replay(args: dict[str, Any], progress: Progress) -> Answer:
    from controller.web.flights.jobs.replay import write_replay

    write_replay(source_of(args["source"]), progress)
    return None


def _review(args: dict[str, Any], progress: Progress) -> Answer:
    from controller.web.flights.jobs.review import write_review

    write_review(source_of(args["source"]), progress)
    return None


def _plot(args: dict[str, Any], progress: Progress) -> Answer:  # noqa: ARG001 - signature of a task
    from controller.web.flights.jobs.plots import plot_points

    begin_s, end_s = args["span_s"]
    return plot_points(
        _store(),
        source_of(args["source"]),
        args["series"],
        first_us=args["first_us"],
        span_s=(begin_s, end_s),
        width=args["width"],
    )


def _csv(args: dict[str, Any], progress: Progress) -> Answer:  # noqa: ARG001 - signature of a task
    from controller.web.flights.jobs.plots import csv_lines

    begin_s, end_s = args["span_s"]
    lines = csv_lines(
        _store(),
        source_of(args["source"]),
        args["series"],
        first_us=args["first_us"],
        span_s=(begin_s, end_s),
    )
    path = Path(args["target"]) / "plot.csv"
    with path.open("wb") as file:
        file.writelines(lines)
    return str(path)


def _verify(args: dict[str, Any], progress: Progress) -> Answer:  # noqa: ARG001 - signature of a task
    from controller.web.flights.jobs.verifying import verification

    return verification(Path(args["folder"]), Path(args["keys"]))


def _export(args: dict[str, Any], progress: Progress) -> Answer:  # noqa: ARG001 - signature of a task
    from controller.web.flights.jobs.exporting import write_export

    return str(write_export(source_of(args["source"]), args["kind"], Path(args["target"]), args["level"]))


def _photos(args: dict[str, Any], progress: Progress) -> Answer:  # noqa: ARG001 - signature of a task
    from controller.web.flights.jobs.photos import photos_of

    return photos_of(source_of(args["source"]), Path(args["folder"]), args["first_us"], args["offset_s"])


def _thumbnail(args: dict[str, Any], progress: Progress) -> Answer:  # noqa: ARG001 - signature of a task
    from controller.web.flights.jobs.photos import thumbnail

    return thumbnail(Path(args["path"]))


def _store() -> Any:
    """The columns that this process keeps in memory."""
    global _columns  # noqa: PLW0603 - one process, one store
    if _columns is None:
        from controller.web.flights.jobs.columns import ColumnStore

        _columns = ColumnStore()
    return _columns


TASKS: dict[str, Task] = {
    "warm": _warm,
    "refresh": _refresh,
    "decrypt": _decrypt,
    "replay": _replay,
    "review": _review,
    "plot": _plot,
    "csv": _csv,
    "verify": _verify,
    "export": _export,
    "photos": _photos,
    "thumbnail": _thumbnail,
}
