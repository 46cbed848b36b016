"""Search for the account of a run by the name that a user types."""

from __future__ import annotations

from pathlib import Path

from controller.errors import UserError, VerificationFailed
from controller.logs.evidence.account_file import runs_folder
from controller.logs.flights import store
from controller.logs.flights.find import find_flight
from controller.logs.record.additions import read_additions


def find_account(name: str, flights: Path, *, data: Path | None = None) -> Path:
    """Return the file of an account: of a flight or a run by path, name or beginning of a name, or of the `last` one.

    Raises UserError, VerificationFailed for a flight whose account is gone.
    """
    if name == "last":
        return last_account(flights, data=data)
    direct = Path(name)
    if direct.is_file():
        return direct
    stem = name.removesuffix(".json")
    runs = sorted(runs_folder(data).glob(f"{stem}*.json")) if name == _plain(name) else []
    exact = [path for path in runs if path.stem == stem]
    if len(exact or runs) == 1:
        return (exact or runs)[0]
    if runs:
        raise UserError(
            f"ambiguous name '{name}': {len(runs)} runs begin with it",
            where=str(runs_folder(data)),
            hint=f"type more of the name, for example {runs[-1].stem}",
        )
    account = find_flight(flights, name) / store.EGRESS
    if not account.is_file():
        if any(one.file == store.EGRESS for one in read_additions(account.parent, account.parent.name)):
            what = f"the flight's account is gone: {store.ADDITIONS} lists it"
            raise VerificationFailed(what, where=str(account), hint="look for a copy")
        raise UserError(
            "cannot show what the run sent: the flight has no account",
            where=str(account),
            hint="older versions wrote none; fly again, or name another flight",
        )
    return account


def last_account(flights: Path, *, data: Path | None = None) -> Path:
    """Return the account written last. Raises UserError where there is none."""
    found = [*runs_folder(data).glob("*.json"), *flights.glob(f"[!.]*/{store.EGRESS}")]
    if not found:
        raise UserError(
            "there is no account of a run yet",
            where=str(runs_folder(data)),
            hint="run landline fly or landline gcs",
        )
    return max(found, key=lambda path: (path.stat().st_mtime_ns, path.name))


def account_of_process(
    pid: int, since_ns: int, folders: list[Path], *, data: Path | None = None
) -> Path | None:
    """Return the account that a process wrote after `since_ns` (ns since 1970); None where it wrote none.

    `folders` are folders of flights to look in beside the folder of runs.
    """
    from controller.logs.evidence.account_file import read_account

    candidates = [*runs_folder(data).glob("*.json")]
    for folder in folders:
        candidates += folder.glob(f"[!.]*/{store.EGRESS}")
    for path in candidates:
        try:
            if path.stat().st_mtime_ns >= since_ns and read_account(path).fields.get("pid") == pid:
                return path
        except (OSError, UserError, VerificationFailed):
            continue
    return None


def _plain(name: str) -> str:
    """Return the name without characters that a pattern of file names would read."""
    return "".join(letter for letter in name if letter not in "*?[]/\\")
