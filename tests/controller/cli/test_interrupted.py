"""What is said of the aircraft when an operator breaks off."""

from controller.cli.fly.compose import interrupted_words


def test_an_aircraft_that_was_never_found_was_not_left_anyhow() -> None:
    words = interrupted_words("no aircraft was found", "nothing was sent to it", found=False)
    assert words == "interrupted: no aircraft was found; nothing was sent to it"


def test_an_aircraft_is_said_to_be_left_as_it_is() -> None:
    words = interrupted_words("armed, AUTO, 20 m up", "nothing was sent to it", found=True)
    assert words == "interrupted: the aircraft was left armed, AUTO, 20 m up; nothing was sent to it"
