"""Tables of other programs: a dialect says under which column names they hold what.

Units are those of the headers (`speed(mph)`, `OSD.height [ft]`); a column in a unit that is not known is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from controller.logs.formats.base import LogUnreadable
from controller.logs.formats.contents import LoggedIdentity, LoggedText
from controller.logs.formats.history import csv_text
from controller.logs.formats.history.log import HistoryFormat, Samples
from controller.logs.formats.history.times import UNKNOWN_US, day_or_month_first, times_us
from controller.logs.formats.history.units import FACTORS, Header, header_of
from controller.logs.series.view import Array

_DIMENSIONS = {
    "_deg": "angle",
    "_m_s": "speed",
    "_m": "length",
    "_v": "voltage",
    "_a": "current",
    "_ah": "charge",
    "_share": "share",
}
_FLAGS = ("photo", "video", "motors_on")
_LEAST_COLUMNS = 4
_UTC = "utc"
_SECOND_US = 1_000_000
_ROUNDED_M = 0.51
_MILLIVOLTS = 100.0  # no aircraft's battery has as many volts
NOTICE, WARNING = 6, 4  # MAV_SEVERITY


@dataclass(frozen=True)
class Dialect:
    """Column names (lower case, without units) by what they hold; of several the first that the file has.

    `marks` tell the dialect: a file with one name of each set is of it. `utc` and `local` are columns with date and
    time, each several ones that are joined; `elapsed` counts from the beginning. `texts` are messages with their
    severity.
    """

    marks: tuple[frozenset[str], ...]
    values: Mapping[str, tuple[str, ...]]
    utc: tuple[tuple[str, ...], ...] = ()
    local: tuple[tuple[str, ...], ...] = ()
    elapsed: tuple[str, ...] = ()
    texts: Mapping[str, int] = field(default_factory=dict)
    identity: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    never: str = ""
    not_marks: frozenset[str] = frozenset()


class CsvFormat(HistoryFormat):
    """A format that is a dialect of tables."""

    dialect: Dialect
    endings = (".csv",)

    def recognizes(self, data: memoryview) -> bool:
        names = {header_of(cell).base for cell in csv_text.header_cells(data)}
        return all(names & mark for mark in self.dialect.marks) and not names & self.dialect.not_marks

    def samples(self, data: memoryview, name: str) -> Samples:
        texts, columns, lost = csv_text.table(data)
        found = _Table([header_of(text) for text in texts], columns, name)
        times, zone_known, order_guessed = found.times(self.dialect)
        known = times != UNKNOWN_US
        values = {key: column[known] for key, column in found.values(self.dialect.values).items()}
        problems = [self.dialect.never] if self.dialect.never else []
        voltage_v = values.get("voltage_v")
        if voltage_v is not None and len(voltage_v) and np.nanmax(voltage_v, initial=0.0) > _MILLIVOLTS:
            values["voltage_v"] = voltage_v / 1000
            problems.append("the voltage is above 100: it is read as millivolts")
        if order_guessed:
            problems.append("its dates may begin with the day: they are read as month/day/year")
        if _is_height_again(values):
            del values["msl_m"]
            problems.append("its altitude is the height above take-off again: none above sea level is known")
        return Samples(
            times_us=times[known],
            values=values,
            columns={text: csv_text.column(values)[known] for text, values in found.named.items()},
            texts=found.texts(self.dialect.texts, times),
            identity=LoggedIdentity(
                **{key: found.first_text(names) for key, names in self.dialect.identity.items()}
            ),
            zone_known=zone_known,
            problems=tuple(problems),
            lost_rows=lost + int((~known).sum()),
        )


def _is_height_again(values: Mapping[str, Array]) -> bool:
    """Whether the altitude is the height above take-off, rounded perhaps: some tools write it without that of home."""
    msl_m, home_m = values.get("msl_m"), values.get("home_m")
    if msl_m is None or home_m is None:
        return False
    off_m = np.abs(msl_m - home_m)
    known = np.isfinite(off_m)
    if not known.any():
        return False
    return bool(off_m[known].max() <= _ROUNDED_M and np.ptp(home_m[known]) > 2 * _ROUNDED_M)


@dataclass(frozen=True)
class _Table:
    headers: list[Header]
    columns: list[list[str]]
    name: str

    @property
    def named(self) -> dict[str, list[str]]:
        """The columns by the file's own names; a name that comes twice gets a number."""
        found: dict[str, list[str]] = {}
        for header, column in zip(self.headers, self.columns, strict=True):
            text, number = header.text or "column", 2
            while text in found:
                text, number = f"{header.text}_{number}", number + 1
            found[text] = column
        return found

    def _at(self, base: str, *, before: str = "") -> int | None:
        """The column of that name; of several the first with the unit `before`, else the first."""
        found = [at for at, header in enumerate(self.headers) if header.base == base]
        return next((at for at in found if self.headers[at].unit == before), found[0] if found else None)

    def values(self, wanted: Mapping[str, tuple[str, ...]]) -> dict[str, Array]:
        """The columns in SI units, degrees, flags and texts, by their names in `Samples`."""
        found: dict[str, Array] = {}
        for key, names in wanted.items():
            at = next((at for base in names if (at := self._at(base)) is not None), None)
            if at is None or not any(text.strip() for text in self.columns[at]):
                continue
            if key in _FLAGS:
                found[key] = csv_text.flags(self.columns[at])
            elif key == "mode":
                found[key] = np.array(self.columns[at], dtype=object)
            else:
                dimension = next(
                    (kind for ending, kind in _DIMENSIONS.items() if key.endswith(ending)), "number"
                )
                found[key] = csv_text.numbers(self.columns[at]) * self._factor(dimension, self.headers[at])
        if not {"lat_deg", "lon_deg"} <= found.keys():
            raise LogUnreadable(
                "cannot read the table: no latitude and longitude in it",
                where=self.name,
                hint=seen([header.text for header in self.headers]),
            )
        return found

    def _factor(self, dimension: str, header: Header) -> float:
        factors = FACTORS[dimension]
        # Yaw in a column of its own from 0 to 360.
        unit = "deg" if dimension == "angle" and header.unit in ("360", "180") else header.unit
        if unit not in factors:
            raise LogUnreadable(
                f"cannot read the column '{header.text}': its unit is not known",
                where=self.name,
                hint=f"known are {', '.join(key for key in factors if key)}",
            )
        return factors[unit]

    def times(self, dialect: Dialect) -> tuple[Array, bool, bool]:
        """Microseconds since 1970, UNKNOWN_US where a row has none; whether the zone is known, and whether the order
        of day and month is guessed."""
        for sets, utc in ((dialect.utc, True), (dialect.local, False)):
            for names in sets:
                at = [self._at(name, before=_UTC) for name in names]
                if any(one is None for one in at):
                    continue
                joined = [
                    " ".join(parts) for parts in zip(*(self.columns[one or 0] for one in at), strict=True)
                ]
                found, zoned = times_us(joined)
                if (found != UNKNOWN_US).any():
                    units = {self.headers[one or 0].unit for one in at}
                    sure = zoned or _UTC in units or (utc and "local" not in units)
                    return self._finer(found, dialect.elapsed), sure, day_or_month_first(joined)
        raise LogUnreadable(
            "cannot read the table: no date and time in it",
            where=self.name,
            hint=seen([header.text for header in self.headers]),
        )

    def _finer(self, found: Array, names: tuple[str, ...]) -> Array:
        """Times of whole seconds, with the parts of a second from a column that counts from the beginning."""
        at = next((at for name in names if (at := self._at(name)) is not None), None)
        known = found != UNKNOWN_US
        if at is None or (found[known] % _SECOND_US).any():
            return found
        elapsed = csv_text.numbers(self.columns[at]) * self._factor("time", self.headers[at]) * 1e6
        known &= np.isfinite(elapsed)
        if not known.any() or np.abs(elapsed[known]).max() > 1e12:
            return found
        since = np.rint(np.where(np.isfinite(elapsed), elapsed, 0)).astype(np.int64)
        begins = found[known] - since[known]
        middle = int(np.median(begins))
        near = begins[np.abs(begins - middle) <= _SECOND_US]
        # A written second began at most a second before the moment itself: the latest beginning is the nearest.
        fits = np.abs(found - since - middle) <= _SECOND_US
        return np.where(known & fits, int(near.max()) + since, found) if len(near) else found

    def texts(self, wanted: Mapping[str, int], times: Array) -> tuple[LoggedText, ...]:
        """Messages, each where it appears; one that stays over several rows counts once."""
        found = []
        for base, severity in wanted.items():
            at = self._at(base)
            before = ""
            for time, text in zip(times.tolist(), self.columns[at] if at is not None else (), strict=False):
                shown = " ".join(text.split())[:500]
                if shown and shown != before and time != UNKNOWN_US:
                    found.append(LoggedText(time, severity, shown))
                before = shown
        return tuple(sorted(found, key=lambda one: one.time_us))

    def first_text(self, names: tuple[str, ...]) -> str:
        for name in names:
            at = self._at(name)
            text = (
                next((text.strip() for text in self.columns[at] if text.strip()), "")
                if at is not None
                else ""
            )
            if text:
                return text[:100]
        return ""


def seen(names: list[str]) -> str:
    """Words for a hint: the column names of a file, as far as they fit into a line."""
    shown = ", ".join(f"'{name[:40]}'" for name in names[:8])
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"its columns are {shown}{more}; export it with English column names"


def unknown_table(begin: memoryview, name: str) -> LogUnreadable | None:
    """The error for a file with these first bytes that is a table of no known kind; None for any other file."""
    names = csv_text.header_cells(begin)
    if len(names) < _LEAST_COLUMNS:
        return None
    return LogUnreadable(
        "cannot read the table: it is of no format that is known", where=name, hint=seen(names)
    )
