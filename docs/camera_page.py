"""The page of the cameras that jobs can be planned for, made from their table."""

from __future__ import annotations

from controller.missions.cameras import CameraModel, known_cameras

_TEXT = """# Cameras

Generated from the table of `landline mission cameras` by `make docs`. A value that its source does not give is left
out: no value here is guessed. A camera without a sensor size cannot be planned with; one without a focal length needs
`--focal-mm`. No source gives a trigger delay; an own file may.

Your own camera is a TOML file, given as `--camera mine.toml`:

```toml
name = "Mine"
sensor_mm = [23.5, 15.6]    # width and height, the longer side first
focal_mm = 20.0             # of the lens, not the 35 mm equivalent; [from, to] for a zoom
image_px = [6000, 4000]
min_interval_s = 0.8        # shortest time between two photos; may be left out
trigger_delay_s = 0.1       # from the order to the exposure; may be left out
source = "measured"
```

| camera | also | sensor, mm | focal length, mm | image, px | interval, s | source |
|---|---|---|---|---|---|---|
"""


def cameras_page() -> str:
    """Return the page of the cameras."""
    return _TEXT + "\n".join(map(_row, known_cameras())) + "\n"


def _row(model: CameraModel) -> str:
    cells = (
        model.name,
        ", ".join(model.also),
        "" if model.sensor_mm is None else "{:g} x {:g}".format(*model.sensor_mm),
        _lens(model),
        "" if model.image_px is None else "{} x {}".format(*model.image_px),
        "" if model.min_interval_s is None else f"{model.min_interval_s:g}",
        f"{model.source}; {model.note}" if model.note else model.source,
    )
    return f"| {' | '.join(cells)} |"


def _lens(model: CameraModel) -> str:
    if model.focal_mm is None:
        return ""
    return "{:g} to {:g}".format(*model.focal_mm) if model.is_zoom else f"{model.focal_mm[0]:g}"
