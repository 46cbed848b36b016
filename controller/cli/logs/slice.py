"""Slices: `landline logs export --proof` makes one, `landline logs verify FILE.slice` checks one."""

from __future__ import annotations

from pathlib import Path

from controller.cli.common import Output


def unknown_key_error(signed_by: str | None, where: str) -> Exception:
    """Return the error for a record signed by a key that is not trusted."""
    from controller.errors import VerificationFailed

    return VerificationFailed(
        f"cannot trust the record: signed by unknown key {signed_by}",
        where=where,
        hint="give --key if you know this key's owner; landline logs key prints this machine's keys",
    )


def export_slice(
    folder: Path, target: Path, *, from_utc_us: int, to_utc_us: int, files: bool, out: Output
) -> int:
    """Verify the flight, then write a slice of the time span to a new file.

    Raises VerificationFailed and UserError.
    """
    from controller.errors import UserError, VerificationFailed
    from controller.guard.data_folder import data_folder
    from controller.logs.record.append_file import write_atomically
    from controller.logs.record.ledger import read_ledger
    from controller.logs.verification.flight import verify_flight
    from controller.logs.verification.slice import cut_slice

    if target.exists():
        raise UserError(
            "cannot write the slice: the file exists", where=str(target), hint="name another with --out"
        )
    bad = verify_flight(folder, ledger=read_ledger(data_folder() / "keys")).first_fault
    if bad:
        raise VerificationFailed(
            f"cannot make a slice: {bad.why}", where=str(folder), hint="use an unchanged copy of the record"
        )
    cut = cut_slice(folder, from_utc_us=from_utc_us, to_utc_us=to_utc_us, files=files)
    write_atomically(target, cut.data)
    out.emit("summary", file=str(target), blocks=cut.blocks, frames=cut.frames, bytes=len(cut.data))
    out.result(
        f"{target}: {cut.blocks} blocks, {cut.frames:,d} frames; "
        f"check it with landline logs verify {target} or examples/verify_slice.py"
    )
    return 0


def is_slice(path: Path) -> bool:
    """Return whether a file is a slice: by its first bytes, or by its ending if those are damaged."""
    from controller.logs.verification.slice_reader import MAGIC

    if not path.is_file():
        return False
    with path.open("rb") as file:
        return path.suffix == ".slice" or file.read(len(MAGIC)) == MAGIC


def check_slice(path: Path, out: Output, trusted: set[str], target: Path | None) -> int:
    """Verify a slice; with `target` write its files to that folder. Raises VerificationFailed and UserError."""
    from controller.clock import iso_utc
    from controller.errors import UserError
    from controller.logs.verification.slice_reader import read_slice

    found = read_slice(path.read_bytes(), where=str(path))
    known = found.key in trusted
    out.emit(
        "summary",
        ok=known,
        flight=found.flight,
        blocks=found.blocks,
        frames=found.frames,
        from_utc=iso_utc(found.from_utc_us),
        to_utc=iso_utc(found.to_utc_us),
        files={
            name: {"from_byte": found.begins.get(name, 0), "bytes": len(raw)}
            for name, raw in found.parts.items()
        },
        signed_by=found.key,
        key_known=known,
    )
    if not known:
        raise unknown_key_error(found.key, str(path))
    out.result(
        f"unchanged: {found.blocks} blocks of {found.flight}, {found.frames:,d} frames, recorded from "
        f"{iso_utc(found.from_utc_us)} to {iso_utc(found.to_utc_us)}, signed by {found.key}"
    )
    if target is not None:
        try:
            target.mkdir(parents=True)
        except FileExistsError:
            raise UserError(
                "cannot write: the folder exists", where=str(target), hint="name another"
            ) from None
    for name, raw in found.parts.items():
        out.result(f"  {name}: {len(raw):,d} bytes from byte {found.begins.get(name, 0):,d}")
        if target is not None:
            (target / name).write_bytes(raw)
    return 0
