"""Remarks on an upload for the user: what was stored differently, what stays on board, what was cleared."""

from __future__ import annotations

from controller.vehicle.mission_upload import VerifiedUpload


def upload_remarks(uploaded: VerifiedUpload, *, with_options: bool = True) -> tuple[str, ...]:
    """Return the remarks; `with_options` names the options that clear what stays on board."""
    remarks = list(uploaded.notes)
    remarks += [f"{name} on board cleared" for name in uploaded.cleared]
    for kept, option in ((uploaded.kept_fence, "--clear-fence"), (uploaded.kept_rally, "--clear-rally")):
        if kept:
            how = f"; to delete use {option}" if with_options else ""
            remarks.append(f"on board stays: {kept}, because the plan has none{how}")
    return tuple(remarks)
