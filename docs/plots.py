"""Draw the plots of the simulator's page from runs of the simulator: `python -m docs.plots` (extra `plots`)."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

from docs.panels_motion import plot_ground, plot_integrators, plot_power, plot_spin_up
from docs.panels_noise import plot_accelerometer, plot_gyro, plot_turbulence
from docs.panels_wings import plot_glide, plot_polar

TO = Path(__file__).parent / "simulator.png"
PANELS = (
    plot_power, plot_spin_up, plot_ground,
    plot_polar, plot_glide, plot_integrators,
    plot_turbulence, plot_gyro, plot_accelerometer,
)  # fmt: skip
STYLE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelcolor": "#555555",
    "axes.edgecolor": "#999999",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "axes.prop_cycle": mpl.cycler(color=["#0b6e99", "#d95f0e", "#4a9b4f", "#8e5aa8", "#c4475b", "#8c7a3d"]),
}


def main() -> None:
    """Write simulator.png."""
    mpl.use("agg")
    import matplotlib.pyplot as plt

    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(3, 3, figsize=(13.0, 10.6), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)  # type: ignore[union-attr]
        for draw, place in zip(PANELS, axes.flat, strict=True):
            draw(place)
        figure.savefig(TO, dpi=80)


if __name__ == "__main__":
    main()
