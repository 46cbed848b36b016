"""The section of a report on what the photos show: figures, planned beside flown, and pictures."""

from __future__ import annotations

from html import escape

from controller.logs.photos.coverage import FlightCoverage
from controller.missions.coverage.drawing.picture import svg_picture
from controller.missions.coverage.figures import Figures

_MOST_ASSETS = 15


def coverage_section(found: FlightCoverage | None) -> str:
    """Return the section, empty for a flight without a job of photos."""
    if found is None or (found.planned is None and found.flown is None):
        return ""
    columns = [
        (name, one.figures)
        for name, one in (("planned", found.planned), ("flown", found.flown))
        if one is not None
    ]
    head = "".join(f"<th scope='col'>{name}</th>" for name, _ in columns)
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th>{''.join(f'<td>{escape(value)}</td>' for value in values)}</tr>"
        for name, values in _rows([figures for _, figures in columns])
    )
    notes = "".join(f"<p>{escape(one)}</p>" for one in _notes(found))
    pictures = "".join(
        f"<figure>{svg_picture(one, f'{found.target.pattern}, {name}')}</figure>"
        for name, one in (("flown", found.flown), ("planned", found.planned))
        if one is not None
    )
    return (
        f"<section aria-label='Coverage'><h2>Coverage</h2>{notes}<table><thead><tr><th scope='col'></th>{head}</tr>"
        f"</thead><tbody>{rows}</tbody></table>{pictures}</section>"
    )


def _notes(found: FlightCoverage) -> list[str]:
    camera = f"Camera: {found.target.camera.name}." if found.target.camera.name else ""
    source = f"Flown photos: {found.source}." if found.source else ""
    return [one for one in (" ".join(filter(None, (camera, source))), *found.remarks) if one]


def _rows(columns: list[Figures]) -> list[tuple[str, list[str]]]:
    rows = [
        ("photos", [f"{one.photos:,}" for one in columns]),
        ("to be shown", [f"{one.area_m2:,.0f} m²" for one in columns]),
    ]
    for times in columns[0].seen:
        name = f"shown by {times} photo{'' if times == 1 else 's'} or more"
        rows.append((name, [f"{one.seen[times]:.1f} %" for one in columns]))
    rows.append(
        (
            "size of a pixel: best, median, worst",
            [f"{one.gsd_best_cm:.2f}, {one.gsd_median_cm:.2f}, {one.gsd_worst_cm:.2f} cm" for one in columns],
        )
    )
    rows.append(
        (
            f"gaps, shown by fewer than {columns[0].needed} photos",
            [f"{one.gap_count}, {one.gap_area_m2:,.0f} m²" if one.gap_count else "none" for one in columns],
        )
    )
    return rows + _asset_rows([one.assets for one in columns])


def _asset_rows(counts: list[dict[str, int]]) -> list[tuple[str, list[str]]]:
    """Return a row for each asset; of many assets only for those with fewer photos than planned, and their number."""
    planned, flown = counts[0], counts[-1]
    names = list(dict.fromkeys(name for one in counts for name in one))
    few = [name for name in names if flown.get(name, 0) < planned.get(name, 0)]
    rows = []
    if len(names) > _MOST_ASSETS:
        complete = [str(len(planned)), str(len(planned) - len(few))]
        rows.append(("assets with all planned photos", complete[-len(counts) :]))
        names = few[:_MOST_ASSETS]
    rows += [(f"photos of {name}", [str(one.get(name, 0)) for one in counts]) for name in names]
    if len(few) > _MOST_ASSETS:
        rows.append(
            (f"and {len(few) - _MOST_ASSETS} more with fewer photos than planned", [""] * len(counts))
        )
    return rows
