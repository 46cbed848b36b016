"""Sends the box's own commands, by priority: emergency stop, button, dead-man.

A command is repeated until it is acknowledged; a transmission counts as a try only while the aircraft is in contact.
The emergency stop bypasses queues, budgets and rules, and is sent to aircraft out of contact, too. The other commands
are queued like the laptop's, obey the rules, and wait until the aircraft is in contact and armed.
"""

from firmware.core.compat import Any
from firmware.mavlite.frame import View
from firmware.roles.dead_man import EXPIRED, SILENT_TEXTS, DeadMan
from firmware.roles.estop import HeldInput
from firmware.roles.firewall import UP
from firmware.roles.fleet import MAX_AIRCRAFT
from firmware.roles.fleet_command import ACKED_OK, FleetCommand

CRITICAL, WARNING, NOTICE = 2, 4, 5
LITTLE = 200  # bytes


class CommandSender:
    """Command sender on `bridge`, which holds the roles and the links."""

    def __init__(self, bridge: Any) -> None:
        self.bridge = bridge
        self._to_say: list[str] = []

    def press(self, stop: bool, button: bool, now_ms: int) -> None:
        """Set the states of the two inputs."""
        bridge = self.bridge
        if bridge.estop and bridge.estop.input(stop, now_ms, bridge.fleet):
            if bridge.button:
                bridge.button.fleet_command.cancel()
            for channel in bridge.radios:  # a command queued before the stop must not be sent after it
                channel.shaper.clear_queues()
            self._by_hand(bridge.estop, "stop", "emergency stop")
        elif bridge.estop and bridge.estop.holds():
            self._hold(bridge.estop)
        if bridge.button:
            stopping = bridge.estop and (bridge.estop.is_down or bridge.estop.fleet_command.active)
            if bridge.button.input(button and not stopping, now_ms, bridge.fleet):
                self._apply_rules(bridge.button.fleet_command)
                self._by_hand(bridge.button, "button", "button, " + bridge.button.action)

    def _hold(self, stop: HeldInput) -> None:
        more = stop.fleet_command.extend(self.bridge.fleet)
        if more:
            self.bridge.send_text(CRITICAL, f"emergency stop: {more} aircraft more")
        if self.bridge.dead_man and not self.bridge.dead_man.by_hand:
            self.bridge.dead_man.yield_to(stop.fleet_command, "stop")

    def _by_hand(self, held: HeldInput, name: str, what: str) -> None:
        if self.bridge.dead_man:
            self.bridge.dead_man.yield_to(held.fleet_command, name)
        silent = held.fleet_command.addressed - self._heard(held.fleet_command)
        text = f"{what}: {held.fleet_command.addressed} aircraft"
        self.bridge.send_text(CRITICAL, text + (f", {silent} not heard" if silent else ""))

    def is_confirming(self) -> bool:
        """Whether an input is held but has not triggered yet."""
        stop, button = self.bridge.estop, self.bridge.button
        return bool((stop and stop.confirming()) or (button and button.confirming()))

    def is_unanswered(self) -> bool:
        """Whether an input's command is pending, refused or unacknowledged for an aircraft."""
        stop, button = self.bridge.estop, self.bridge.button
        return bool(
            (stop and stop.fleet_command.is_unanswered()) or (button and button.fleet_command.is_unanswered())
        )

    def ack(self, view: View) -> None:
        """Handle a COMMAND_ACK from an aircraft."""
        bridge, asker = self.bridge, self._sender().system
        # A disarm counts once the heartbeat reports it: the ack may belong to an ARM command of the laptop.
        if bridge.estop and not (
            bridge.estop.action == "disarm" and view.u8(2) in ACKED_OK and bridge.fleet.is_armed(view.system)
        ):
            bridge.estop.fleet_command.answer(view, asker)
        if bridge.button:
            bridge.button.fleet_command.answer(view, asker)
        if bridge.dead_man:
            bridge.dead_man.fleet_command.answer(view, asker)

    def from_laptop(self, view: View, now_ms: int) -> None:
        """Handle a permitted frame from the laptop."""
        dead_man = self.bridge.dead_man
        if dead_man and dead_man.from_laptop(view, now_ms):
            self._to_say = dead_man.outcomes()
            self.bridge.send_text(NOTICE, dead_man.end())

    def tick_stop(self, now_ms: int) -> None:
        stop = self.bridge.estop
        if stop and stop.fleet_command.due(now_ms):
            self._send(stop.fleet_command, now_ms, True)

    def tick_button(self, now_ms: int) -> None:
        button = self.bridge.button
        if button and button.fleet_command.due(now_ms):
            self._send(button.fleet_command, now_ms, False)

    def tick_dead_man(self, now_ms: int) -> None:
        dead_man = self.bridge.dead_man
        if not dead_man:
            return
        if dead_man.tick(now_ms, self.bridge.fleet):
            self.bridge.send_text(WARNING, SILENT_TEXTS[dead_man.state])
            if dead_man.state == EXPIRED:
                self._report_expired(dead_man)
        if dead_man.fleet_command.due(now_ms):
            self._send(dead_man.fleet_command, now_ms, False)
        view = dead_man.heartbeat(now_ms, self.bridge.fleet)
        if view:
            self.bridge.send_up(view, True)
        # These texts must reach the laptop: they are sent when its queue is almost empty.
        if self._to_say and self.bridge.laptop.shaper.queues[0].used < LITTLE:
            self.bridge.send_text(WARNING, self._to_say.pop(0))

    def _report_expired(self, dead_man: DeadMan) -> None:
        order = dead_man.fleet_command
        self._apply_rules(order)
        heard = self._heard(order)
        if dead_man.by_hand:
            text = "commanded by hand already: no action"
        elif not order.addressed:
            text = "no action"
        elif heard == order.addressed:
            text = f"commanded {heard} aircraft"
        else:
            text = f"commanded {heard} aircraft, {order.addressed - heard} when heard"
        self.bridge.send_text(WARNING, text)

    def _sender(self) -> Any:
        """Return the sender of commands: the laptop's ids if they are known."""
        dead_man = self.bridge.dead_man
        return dead_man.station if dead_man else self.bridge.services.packer

    def _heard(self, order: FleetCommand) -> int:
        count = 0
        for i in range(MAX_AIRCRAFT):
            if order.is_open(i) and self.bridge.fleet.in_contact(order.systems[i]):
                count += 1
        return count

    def _apply_rules(self, order: FleetCommand) -> None:
        """Drop aircraft that the rules do not allow to be commanded."""
        asker = self._sender()
        barred = 0
        seq = asker.next_seq
        for i in range(MAX_AIRCRAFT):
            if order.is_open(i) and not self.bridge.firewall.allows(UP, order.frame(i, asker)):
                order.drop(i)
                barred += 1
        asker.next_seq = seq
        if barred:
            self.bridge.send_text(WARNING, f"the rules bar a command to {barred} aircraft")

    def _send(self, order: FleetCommand, now_ms: int, is_stop: bool) -> None:
        fleet, asker = self.bridge.fleet, self._sender()
        went = False
        for i in range(MAX_AIRCRAFT):
            if not order.is_open(i):
                continue
            heard = fleet.in_contact(order.systems[i])
            if order.is_exhausted(i) or (is_stop and fleet.place(order.systems[i]) < 0):
                order.give_up(i)
            elif not is_stop and heard and not fleet.is_armed(order.systems[i]):
                order.drop(i)  # it has been disarmed meanwhile
            elif is_stop or heard:
                seq = asker.next_seq
                view = order.frame(i, asker)
                if not (self.bridge.send_now(view) if is_stop else self.bridge.send_up(view, True)):
                    asker.next_seq = seq  # no queue had room: try again next turn
                    continue
                went = True
                if heard:
                    order.sent(i)
        order.trying = went
        if went:
            order.went(now_ms)
        if not order.active and order.unanswered:
            self.bridge.send_text(CRITICAL, "aircraft did not answer: " + str(order.unanswered))
