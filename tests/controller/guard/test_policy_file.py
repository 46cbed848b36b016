"""The policy file, and the one line that each mistake in it gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.errors import UserError
from controller.guard.policy_file import read_policy_file

GOOD = """# what runs on this machine may use
[[endpoint]]
url = "udpin:127.0.0.1:14551"  # the second aircraft

[[endpoint]]
url = "tcp:192.0.2.1:5760"

[programs]
allow = ["mpy-cross"]

[folders]
write = ["/srv/flights"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_policy_file_names_endpoints_programs_and_folders(tmp_path: Path) -> None:
    read = read_policy_file(written(tmp_path, GOOD))
    assert read.urls == (("udpin:127.0.0.1:14551", 3), ("tcp:192.0.2.1:5760", 6))
    assert (read.programs, read.folders) == (("mpy-cross",), (Path("/srv/flights"),))


def test_an_empty_policy_file_adds_nothing(tmp_path: Path) -> None:
    read = read_policy_file(written(tmp_path, ""))
    assert (read.urls, read.programs, read.folders) == ((), (), ())


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("[[endpoint]]\nurl = udpin:1\n", 2, "invalid value"),
        ("[[endpoint]]\nurl = 'a", 2, "expected"),
        ("\n[endpoints]\nurl = 'udpin:1'\n", 2, "no table 'endpoints'"),
        ("[endpoint]\nurl = 'udpin:1'\n", 1, "endpoint is not a list of tables"),
        ("[[endpoint]]\nurl = 'udpin:1'\n[[endpoint]]\n", 3, "an endpoint without url"),
        ("[[endpoint]]\nurl = 'udpin:1'\nport = 3\n", 3, "no key 'port' in endpoint"),
        ("[programs]\nallow = 'sh'\n", 2, "allow is not a list of texts"),
        ("[programs]\nallow = ['sh', 3]\n", 2, "allow is not a list of texts"),
        ("programs = 3\n", 1, "programs is not a table"),
        ("[folders]\nwrite = ['flights']\n", 2, "the folder 'flights' does not begin at the root"),
        ("[folders]\nread = ['/']\n", 2, "no key 'read' in folders"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_its_place(
    tmp_path: Path, text: str, line: int, problem: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UserError) as told:
        read_policy_file(path)
    assert str(told.value).startswith(f"{path}:{line}: invalid policy file: {problem}")
    assert "\n" not in str(told.value)


def test_a_missing_policy_file_and_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read the policy file: No such file"):
        read_policy_file(tmp_path / "none.toml")
    (tmp_path / "policy.toml").write_bytes(b"\n\n\xff")
    with pytest.raises(UserError, match=r"policy\.toml:3: cannot read the policy file: not UTF-8"):
        read_policy_file(tmp_path / "policy.toml")
