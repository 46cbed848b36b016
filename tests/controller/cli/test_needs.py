"""What each command says that it may use."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from controller.cli.main import app
from controller.cli.need import Needs
from controller.cli.needs import COMMANDS, needs_of
from controller.errors import UserError
from controller.guard.data_folder import run_folder
from controller.guard.opener import Endpoint


def registered(command: Any, path: tuple[str, ...] = ()) -> dict[str, Any]:
    """All commands, also hidden ones, by their names with their groups'."""
    below = getattr(command, "commands", None)
    if not below:
        return {" ".join(path): command}
    return {
        name: leaf for word, child in below.items() for name, leaf in registered(child, (*path, word)).items()
    }


REGISTERED = registered(typer.main.get_command(app))


def needs(line: str) -> Needs:
    """The needs of a command line, parsed as the command line is."""
    words = shlex.split(line)
    name = next(name for count in (3, 2, 1) if (name := " ".join(words[:count])) in REGISTERED)
    context = REGISTERED[name].make_context(name, words[len(name.split()) :])
    return needs_of(name, context.params)


def test_each_command_declares_its_needs() -> None:
    assert set(REGISTERED) - set(COMMANDS) == set()


@pytest.mark.parametrize("name", [name for name, command in REGISTERED.items() if command.epilog])
def test_the_needs_of_each_example_can_be_worked_out(name: str) -> None:
    example = REGISTERED[name].epilog.removeprefix("Example: landline ").partition("   (")[0]
    line = re.sub(r" > [a-z.]+$", "", example)
    found = needs(line)
    link = next((word for word in line.split() if word.startswith(("udpin:", "udpout:", "serial:"))), None)
    assert link is None or any(url.startswith(link) for url in found.urls)


def test_without_a_link_the_ground_station_listens_for_one_aircraft_and_browsers() -> None:
    page = (Endpoint("tcpin", "127.0.0.1", 8484), Endpoint("tcpin", "127.0.0.1", 0))
    assert (needs("gcs").urls, needs("gcs").listens) == (("udpin:127.0.0.1:14550",), page)
    assert (needs("gcs --sim quad_x --web none").urls, needs("gcs --web none").listens) == ((), ())


def test_the_page_at_a_chosen_address_listens_there_alone() -> None:
    assert needs("gcs --web 192.0.2.7:90").listens == (Endpoint("tcpin", "192.0.2.7", 90),)
    with pytest.raises(UserError, match="cannot serve the web page at a name"):
        needs("gcs --web aircraft.example:90")


def test_commands_that_open_ports_by_themselves_say_why_they_are_not_sealed() -> None:
    for line in (
        "box run box.json",
        "fly a.plan --sim quad_x --autopilot-binary px4",
        "audit egress --run doctor",
        "audit erase --kind temporary",
    ):
        assert needs(line).unsealed, line
    for line in ("doctor", "fly a.plan --sim quad_x --box", "audit erase --flight last"):
        assert needs(line).unsealed == "", line


def test_a_box_in_real_time_uses_terminals_in_the_folder_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDLINE_HOME", str(tmp_path))
    found = needs("fly a.plan --sim quad_x --box --speed 2").inside
    folder = run_folder() / "box"
    assert found == tuple(f"pty:{folder / name}" for name in ("radio", "laptop", "ground"))
    assert needs("fly a.plan --sim quad_x --box --speed max").inside == ()


def test_a_named_output_is_a_file_or_a_folder_of_the_needs(tmp_path: Path) -> None:
    (tmp_path / "flown.bin").touch()
    assert needs("mission convert a.plan b.txt").files == (Path("b.txt"),)
    assert needs("fly a.plan --sim quad_x --out here").folders == (Path("here"),)
    assert needs(f"logs report {tmp_path / 'flown.bin'}").files == (Path("flown.html"),)
    assert needs(f"logs export {tmp_path / 'flown.bin'} --as kml").files == (Path("flown.kml"),)
    assert needs("logs fingerprint last --svg a.svg").files == (Path("a.svg"),)


def test_a_script_needs_a_loopback_and_writes_where_it_is_told() -> None:
    found = needs("run fly.py --link tcp:127.0.0.1:5760 --write here -- --link udpin:0.0.0.0:1")
    assert (found.urls, found.folders, found.script) == (("tcp:127.0.0.1:5760",), (Path("here"),), True)
    assert (needs("run fly.py").urls, needs("run fly.py --sim quad_x").urls) == (
        ("udpin:127.0.0.1:14550",),
        (),
    )


def test_a_rehearsal_writes_nothing(tmp_path: Path) -> None:
    assert needs(f"logs geotag last {tmp_path} --dry-run").folders == ()
    assert needs("logs download --link udpin:127.0.0.1:14550").folders == ()


def test_the_simulators_of_autopilots_use_the_ports_of_their_instance() -> None:
    from hil.bridges.ardupilot.serve import port_of
    from hil.bridges.px4.serve import GROUND, sitl_url
    from hil.cli import DEFAULT_LINKS

    assert needs("hil px4 --instance 3").urls == (sitl_url(3),)
    assert needs("hil px4 --link serial:/dev/ttyACM0:921600").urls[1:] == GROUND
    assert needs("hil ardupilot --instance 2").urls == (f"udpin:127.0.0.1:{port_of(2)}",)
    assert needs("sim").urls == DEFAULT_LINKS


def test_an_installation_may_start_python_and_write_into_its_folder(tmp_path: Path) -> None:
    found = needs(f"bundle install b.zip --to {tmp_path / 'new'}")
    assert (found.folders, found.files, found.urls, found.unsealed) == ((tmp_path / "new",), (), (), "")
    assert all(program.startswith("python") for program in found.programs)
    assert needs("bundle make b.zip --wheels wheels").files == (Path("b.zip"),)
    assert needs("bundle verify b.zip") == Needs()
