"""Reviews and reports of damaged logs: any contents give a result or a UserError."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import UserError
from controller.logs.formats.read import read_bytes
from controller.logs.report.report import write_report
from controller.logs.review.findings import review
from tests.support.logs.logged_flights import flight_frames
from tests.support.logs.sample_logs import copter_dataflash, px4_ulog

WHOLE = {"tlog": flight_frames(seconds=60), "bin": copter_dataflash(), "ulg": px4_ulog()}


def test_whole_ones_are_judged_in_every_respect() -> None:
    judged = {which: review(read_bytes(memoryview(raw), Path(which))).judged for which, raw in WHOLE.items()}
    assert {"motor balance", "battery resistance", "board power", "skipped items", "failsafe"} <= set(
        judged["bin"]
    )
    assert {"motor balance", "battery resistance", "board power", "skipped items", "failsafe"} <= set(
        judged["ulg"]
    )


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_damaged_log_is_judged_and_reported_or_refused(tmp_path_factory: Any, data: st.DataObject) -> None:
    which = data.draw(st.sampled_from(sorted(WHOLE)))
    raw = bytearray(WHOLE[which])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        hurt = data.draw(st.binary(min_size=1, max_size=40))
        # Overwritten, or replaced by bytes of another length.
        raw[at : at + (len(hurt) if data.draw(st.booleans()) else data.draw(st.integers(0, 300)))] = hurt
    del raw[data.draw(st.integers(len(raw) // 2, len(raw))) :]
    log = tmp_path_factory.mktemp("damaged") / f"a.{which}"
    log.write_bytes(raw)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            review(read_bytes(memoryview(bytes(raw)), log))
            write_report(log, log.with_suffix(".html"))
        except UserError:
            return
