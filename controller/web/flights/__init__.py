"""Review of flights in the page: list, replay, plots, findings, verification, photos and exports."""
