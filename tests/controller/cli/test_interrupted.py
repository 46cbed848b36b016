"""Message on the aircraft when the operator interrupts a flight."""

from controller.app.fly.compose import interrupted_text


def test_without_an_aircraft_only_the_interrupt_is_reported() -> None:
    text = interrupted_text("no aircraft was found", "no command was sent to it", found=False)
    assert text == "interrupted: no aircraft was found; no command was sent to it"


def test_the_state_of_the_aircraft_is_reported() -> None:
    text = interrupted_text("armed, mode AUTO", "no command was sent to it", found=True)
    assert text == "interrupted: the aircraft was left armed, mode AUTO; no command was sent to it"
