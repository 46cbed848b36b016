"""Implementation of `landline sim`."""

from __future__ import annotations

import asyncio

import pytest

from controller.cli.main import main
from controller.errors import LinkError, UserError
from controller.wire.framer import Framer
from hil.cli import SimOptions, make_fleet, parse_home, serve
from hil.errors import ScenarioError
from hil.geodesy import Home

ANY_PORT = ("tcpin:127.0.0.1:0",)


def test_a_home_is_parsed() -> None:
    assert parse_home("-35.3,149.1,584,353") == Home(-35.3, 149.1, 584.0, 353.0)
    assert parse_home("1,2") == Home(1.0, 2.0, 488.0, 0.0)
    assert parse_home("1,2,3") == Home(1.0, 2.0, 3.0, 0.0)


@pytest.mark.parametrize("text", ["", "1", "1,2,3,4,5", "north,2", "nan,2,3,4"])
def test_a_bad_home_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="invalid home"):
        parse_home(text)


def test_aircraft_stand_side_by_side_with_their_own_ids_and_seeds() -> None:
    fleet = make_fleet(SimOptions(count=3, system_id=7, seed=20))
    assert [vehicle.autopilot.address.system for vehicle in fleet] == [7, 8, 9]
    assert [vehicle.seed for vehicle in fleet] == [20, 21, 22]
    east = [(vehicle.loop.home.lon_deg - fleet[0].loop.home.lon_deg) * 75_320 for vehicle in fleet]
    assert east == pytest.approx([0.0, 5.0, 10.0], abs=0.1)


@pytest.mark.parametrize(
    "options", [{"count": 0}, {"count": 300}, {"count": 10, "system_id": 250}, {"links": ()}]
)
def test_an_impossible_fleet_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(UserError):
        make_fleet(SimOptions(**options))  # type: ignore[arg-type]


@pytest.mark.realtime
async def test_clients_connect_to_the_reported_port() -> None:
    ready: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
    serving = asyncio.ensure_future(serve(SimOptions(links=ANY_PORT, count=2, speed=20.0), ready.set_result))
    (url,) = await ready
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    framer, systems = Framer(), set()
    async with asyncio.timeout(10.0):
        while systems != {1, 2}:
            systems |= {frame.system for frame in framer.feed(await reader.read(4096))}
    writer.close()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


@pytest.mark.realtime
async def test_a_port_in_use_is_one_line() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(LinkError) as refused:
        await serve(SimOptions(links=(f"tcpin:127.0.0.1:{port}",)), lambda _: None)
    assert "\n" not in str(refused.value)
    server.close()


@pytest.mark.parametrize(
    "command", [["sim"], ["gcs", "--sim", "quad_x"], ["hil", "px4"], ["fly", "no.plan", "--sim", "quad_x"]]
)
def test_a_seed_below_0_is_refused_in_one_line(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--seed", "-5"]) == 2
    line = capsys.readouterr().err.strip()
    assert "'--seed'" in line
    assert "\n" not in line
