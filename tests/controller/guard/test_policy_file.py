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
        ("[folders]\nwrite = ['~no-such-user/x']\n", 2, "the folder '~no-such-user/x' is of an unknown user"),
        ('[folders]\nwrite = ["/a\\u0000b"]\n', 2, "a folder with characters that cannot be printed"),
        (f"[folders]\nwrite = ['{__file__}']\n", 2, f"'{__file__}' is not a folder"),
        ("[programs]\nallow = ['/usr/bin/curl']\n", 2, "'/usr/bin/curl' is not the name of a program"),
        ('[[endpoint]]\nurl = "udpin:\\u001b[31m"\n', 2, "url has characters that cannot be printed"),
        ("[[endpoint]]\nurl = 'a'\nurl = 'b'\n", 3, "cannot overwrite a value"),
        ("a = " + "[" * 3000 + "]" * 3000, 1, "lists within lists"),
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
    assert told.value.hint


def test_a_mark_that_editors_put_before_utf_8_is_no_mistake(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeff" + GOOD)
    assert len(read_policy_file(path).urls) == 2


def test_a_policy_file_that_is_too_long_is_refused_and_not_cut(tmp_path: Path) -> None:
    path = written(tmp_path, "#" * (1 << 20) + "\n" + GOOD)
    with pytest.raises(UserError, match="it has more than 1 MB"):
        read_policy_file(path)


def test_a_missing_policy_file_and_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read the policy file: No such file"):
        read_policy_file(tmp_path / "none.toml")
    (tmp_path / "policy.toml").write_bytes(b"\n\n\xff")
    with pytest.raises(UserError, match=r"policy\.toml:3: cannot read the policy file: not UTF-8"):
        read_policy_file(tmp_path / "policy.toml")
