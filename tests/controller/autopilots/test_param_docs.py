"""Documentation of parameters from the files of both projects. The words here are ours."""

from __future__ import annotations

import json
import lzma

import pytest

from controller.autopilots.param_docs.docs import ParamDoc
from controller.autopilots.param_docs.read import packed_docs, read_docs
from controller.errors import UserError

XML = """<?xml version="1.0" encoding="utf-8"?>
<paramfile>
  <vehicles><parameters name="ArduCopter">
    <param humanName="Speed up" name="ArduCopter:FAST" documentation="How fast.
      Or not." user="Advanced">
      <field name="Range">0 2000</field><field name="Units">cm/s</field><field name="Increment">10</field>
      <field name="RebootRequired">True</field>
    </param>
  </parameters></vehicles>
  <libraries><parameters name="ATC_">
    <param humanName="Axes" name="ATC_BITS" documentation="Which" user="Standard">
      <field name="Bitmask">0:Roll,1:Pitch,2:Yaw</field>
    </param>
    <param humanName="Kind" name="ATC_KIND" documentation="Kind">
      <values><value code="1">Second</value><value code="0">First</value></values>
      <field name="ReadOnly">True</field>
    </param>
  </parameters></libraries>
</paramfile>"""
JSON = {
    "json": {"version": 0},
    "Copter": {
        "FAST": {
            "DisplayName": "Speed up",
            "Description": "How fast. Or not.",
            "User": "Advanced",
            "Range": {"low": "0", "high": "2000"},
            "Units": "cm/s",
            "Increment": "10",
            "RebootRequired": "True",
        }
    },
    "ATC_": {
        "ATC_BITS": {
            "DisplayName": "Axes",
            "Description": "Which",
            "Bitmask": {"0": "Roll", "1": "Pitch", "2": "Yaw"},
        },
        "ATC_KIND": {
            "DisplayName": "Kind",
            "Description": "Kind",
            "Values": {"1": "Second", "0": "First"},
            "ReadOnly": "True",
        },
    },
}


@pytest.mark.parametrize("data", [XML.encode(), json.dumps(JSON).encode()], ids=["xml", "json"])
@pytest.mark.parametrize("pack", [bytes, lzma.compress], ids=["plain", "packed"])
def test_both_files_of_one_project_say_the_same(data: bytes, pack: type[bytes]) -> None:
    docs = read_docs(pack(data), "file")
    assert docs["FAST"] == ParamDoc(
        "FAST", "Speed up", "How fast. Or not.", unit="cm/s", low=0, high=2000, step=10, reboot=True, advanced=True
    )  # fmt: skip
    assert docs["ATC_BITS"].bits == ((0, "Roll"), (1, "Pitch"), (2, "Yaw"))
    assert docs["ATC_KIND"].options == ((0, "First"), (1, "Second"))
    assert docs["ATC_KIND"].read_only


def test_the_package_documents_all_parameters_of_px4() -> None:
    docs = packed_docs("PX4")
    assert len(docs.docs) > 1400
    one = docs["COM_LOW_BAT_ACT"]
    assert one.options[0] == (0, "Warning")
    assert (docs["RTL_RETURN_ALT"].unit, docs["RTL_RETURN_ALT"].default) == ("m", 60.0)
    assert docs["SYS_AUTOSTART"].reboot
    assert packed_docs("ArduPilot").docs == {}


@pytest.mark.parametrize(
    ("doc", "value", "problem"),
    [
        (ParamDoc("A", low=1, high=2, unit="m"), 2.5, "is above the documented range: 1 to 2 m"),
        (ParamDoc("A", low=0.1, high=2), 0.10000000149011612, ""),
        (ParamDoc("A", low=1), 0, "is below the documented range: 1 to any"),
        (ParamDoc("A", low=0, high=9, options=((-1, "off"),)), -1, ""),
        (ParamDoc("A", options=((0, "a"), (3, "b"))), 2, "is not one of the documented options: 0, 3"),
        (ParamDoc("A", bits=((0, "a"), (2, "b"))), 5, ""),
        (ParamDoc("A", bits=((0, "a"), (2, "b"))), 7, "has bits that are not documented: 1"),
        (ParamDoc("A", bits=((0, "a"), (2, "b"))), -1, ""),
        (ParamDoc("A", bits=((0, "a"),)), 0.5, "is not a whole number, and the parameter is a set of bits"),
        (ParamDoc("A"), 1e9, ""),
    ],
)
def test_a_value_is_judged_by_its_documentation(doc: ParamDoc, value: float, problem: str) -> None:
    assert doc.problem(value) == problem


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"<paramfile/>",
        b"<paramfile>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        lzma.compress(b" " * 17_000_000),
        b'{"parameters": [{"name": 7}, 8]}',
    ],
    ids=[
        "empty",
        "list",
        "nothing",
        "no parameters",
        "cut",
        "entities",
        "bytes",
        "deep",
        "large",
        "no names",
    ],
)
def test_any_other_file_is_refused_with_one_line(data: bytes) -> None:
    with pytest.raises(UserError, match=r"^file: cannot read the documentation: [^\n]+$"):
        read_docs(data, "file")


def test_fields_of_another_type_are_left_out() -> None:
    rows = [{"name": "A", "min": "low", "max": True, "values": 5, "bitmask": [{"index": 99}], "units": None}]
    assert read_docs(json.dumps({"parameters": rows}).encode(), "file")["A"] == ParamDoc("A")
