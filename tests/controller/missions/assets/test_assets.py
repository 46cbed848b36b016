"""Assets of a line: files of other programs, and the part that is ordered."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.missions.assets.asset import Asset, chosen, span_of
from controller.missions.assets.reader import read_assets
from controller.missions.errors import PlanError

GERMAN = "Mast;Höhe (m);Länge;Breite\n14;32,5;8,546;47,398\nT15;;8,547;47,399\n"
ENGLISH = "lon,lat,name,height_m\n8.546,47.398,14,32.5\n8.547,47.399,T15,\n"
TOWERS = (Asset("tower", "14", 47.398, 8.546, 32.5, 14.0), Asset("tower", "T15", 47.399, 8.547, None, 15.0))


@pytest.mark.parametrize(
    "data",
    [
        ENGLISH.encode(),
        GERMAN.encode(),
        GERMAN.encode("cp1252"),
        GERMAN.encode("utf-16"),
        ("\ufeff" + GERMAN).encode(),
        GERMAN.replace(";", "\t").replace("\n", "\r\n").encode(),
        b'\nName,Latitude,Longitude,"Height [m]"\n14,"47,398","8,546","32,5"\n\nT15,47.399,8.547,\n',
    ],
)
def test_towers_are_read_from_csv_of_any_spreadsheet(data: bytes) -> None:
    assert read_assets(data, "a.csv") == (TOWERS, ())


def test_points_of_kml_kmz_and_geojson_are_towers() -> None:
    points = "".join(
        f"<Placemark><name>{name}</name><Point><coordinates>{lon},{lat},0</coordinates></Point></Placemark>"
        for name, lat, lon in (("14", 47.398, 8.546), ("T15", 47.399, 8.547))
    )
    kml = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Folder>{points}</Folder></kml>'.encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("doc.kml", kml)
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Point", "coordinates": place}}
        for name, place in (("14", [8.546, 47.398]), ("T15", [8.547, 47.399]))
    ]
    geojson = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    for data in (kml, packed.getvalue(), geojson):
        assets, _ = read_assets(data, "a")
        assert [(one.name, one.position, one.number) for one in assets] == [
            ("14", (47.398, 8.546), 14.0), ("T15", (47.399, 8.547), 15.0),
        ]  # fmt: skip


def test_columns_that_are_not_used_are_named() -> None:
    data = b"name;lat;lon;owner;year\n14;47;8;city;1999\n"
    assert read_assets(data, "a.csv")[1] == ("columns not used: owner, year",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("name,lat,lon\n", "no rows under its header"),
        ("nom;x;y\n14;1;2\n", "no column name or km and lat and lon; the table has nom, x, y"),
        ("name,lat,lon,breite\n14,1,2,3\n", "two columns of the lat"),
        ("name,lat,lon\n14,north,8\n", "a.csv:2: invalid row: lat must be a number, not 'north'"),
        ("name;lat;lon\n14;47.1;8\n15;4_7;8\n", "a.csv:3: invalid row: lat must be a number, not '4_7'"),
        ("name;lat;lon\n14;1.047,5;8\n", "not '1.047,5'"),
        ("name,lat,lon\n14,47,5,8,2\n", "a file with decimal commas needs semicolons"),
        ("name;lat;lon\n14;nan;8\n", "not 'nan'"),
        ("name;lat;lon\n14;470;8\n", "lat 470 is not between"),
        ("name;lat;lon;height\n14;47;8;-3\n", "height -3 is not between"),
        ("km;lat;lon\n;47;8\n", "km must be a number, not an empty cell"),
        ("name;lat;lon\n;47;8\n", "the asset has no name"),
        ("name;lat;lon\n14\n", "lat must be a number, not an empty cell"),
        ('name;lat;lon\n"' + "x" * 200_000, "invalid table"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(PlanError) as error:
        read_assets(text.encode(), "a.csv")
    assert said in str(error.value)


@settings(max_examples=40)
@given(
    data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"name;lat;lon\n{text}".encode())
)
def test_any_bytes_are_assets_or_one_error(data: bytes) -> None:
    try:
        assets, _ = read_assets(data, "a.csv")
    except PlanError:
        return
    assert all(-90.0 <= one.lat_deg <= 90.0 for one in assets)


LINE = tuple(
    Asset("tower", str(number), 47.0, 8.0 + number / 1000, None, float(number)) for number in range(10, 30)
)
POSTS = tuple(Asset("km", f"{km:g}", 47.0, 8.0 + km / 100, None, km) for km in (3.0, 3.5, 4.0, 4.5))


@pytest.mark.parametrize(
    ("order", "first", "last", "count"),
    [
        ("towers 14 to 22", "14", "22", 9),
        ("14-22", "14", "22", 9),
        ("Masten 14 bis 22", "14", "22", 9),
        ("14 – 16", "14", "16", 3),
        ("22-14", "22", "14", 9),
        ("span 14-15", "14", "15", 2),
        ("tower 14", "14", "14", 1),
    ],
)
def test_a_part_of_the_line_is_ordered_by_numbers(order: str, first: str, last: str, count: int) -> None:
    part = chosen(LINE, order)
    assert (part[0].name, part[-1].name, len(part)) == (first, last, count)


def test_a_part_of_a_line_between_kilometre_posts_has_exact_ends() -> None:
    part = chosen(POSTS, "km 3.2 to 4,1")
    assert [one.name for one in part] == ["3.2", "3.5", "4", "4.1"]
    assert [one.lon_deg for one in part] == pytest.approx([8.032, 8.035, 8.04, 8.041])
    assert [one.name for one in chosen(POSTS, "4.1-3.5")] == ["4.1", "4", "3.5"]
    assert span_of(part[0], part[1]) == "km 3.2-3.5"
    assert part[0].title == "km 3.2"


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("towers 14 to 99", "no number 99 (your input); it has tower 10, tower 11, ... tower 29"),
        ("from here to there", "invalid order of assets"),
        ("houses 3 to 4", "invalid order of assets"),
        ("km 3 to 4", "no km 3 to 4"),
    ],
)
def test_a_part_that_the_line_does_not_have_is_refused(order: str, said: str) -> None:
    with pytest.raises(PlanError) as error:
        chosen(LINE, order)
    assert said in str(error.value)
