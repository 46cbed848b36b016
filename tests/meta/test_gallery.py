"""The gallery of planned jobs: its page and pictures are there, and small."""

from __future__ import annotations

from docs.gallery import JOBS, PAGE, PICTURES

MOST_BYTES = 150_000


def test_every_job_of_the_gallery_has_its_command_and_a_small_picture() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for job in JOBS:
        picture = PICTURES / f"{job.name}.png"
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size < MOST_BYTES, job.name
        assert f"img/planning/{job.name}.png" in page
        assert f"landline mission plan {job.words[0]} " in page
    assert {path.stem for path in PICTURES.iterdir()} == {job.name for job in JOBS}
