"""Heartbeat sender with dead-man switch, one test for each sentence of its docstring, and heartbeat monitor."""

from __future__ import annotations

from controller.protocol.heartbeat import HeartbeatMonitor, HeartbeatSender, Presence
from controller.wire import messages as m
from controller.wire.address import address
from tests.support.mavlink.lossy_pipe import VEHICLE


def run(sender: HeartbeatSender, until: float, feeds: tuple[float, ...] = ()) -> list[float]:
    """Return the times at which `sender` sends, ticked at its deadlines and fed at `feeds`, up to `until`."""
    sent = [0.0] * len(sender.start(0.0))
    times = sorted(feeds)
    while True:
        due = [time for time in (sender.deadline, times[0] if times else None) if time is not None]
        if not due or min(due) > until:
            return sent
        now = min(due)
        if times and times[0] == now:
            sent += [now] * len(sender.feed(times.pop(0)))
        else:
            sent += [now] * len(sender.tick(now))


def test_nothing_is_sent_before_the_first_feed() -> None:
    assert run(HeartbeatSender.ground_station(), 100.0) == []


def test_heartbeats_start_with_the_first_feed_and_follow_each_interval() -> None:
    sent = run(HeartbeatSender.ground_station(dead_man_s=3.5), 60.0, feeds=(10.0, 12.5, 15.0))
    assert sent == [10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0]


def test_no_heartbeat_is_sent_after_the_dead_man_time() -> None:
    assert run(HeartbeatSender.ground_station(dead_man_s=3.0), 60.0, feeds=(10.0,)) == [10.0, 11.0, 12.0]


def test_a_late_tick_sends_nothing_after_the_gate_closed() -> None:
    sender = HeartbeatSender.ground_station(dead_man_s=3.0)
    sender.start(0.0)
    sender.feed(10.0)
    assert sender.tick(13.0) == []
    assert sender.deadline is None


def test_the_next_feed_opens_the_gate_again() -> None:
    assert run(HeartbeatSender.ground_station(dead_man_s=1.5), 60.0, feeds=(10.0, 30.0)) == [
        10.0,
        11.0,
        30.0,
        31.0,
    ]


def test_frequent_feeding_does_not_increase_the_rate() -> None:
    feeds = tuple(5.0 + i / 100 for i in range(300))
    assert run(HeartbeatSender.ground_station(dead_man_s=0.5), 60.0, feeds) == [5.0, 6.0, 7.0, 8.0]


def test_an_autopilot_sends_without_being_fed() -> None:
    assert run(HeartbeatSender(type=2, autopilot=3, dead_man_s=None), 3.0) == [0.0, 1.0, 2.0, 3.0]


def test_update_changes_the_heartbeat() -> None:
    sender = HeartbeatSender(type=2, autopilot=3, dead_man_s=None)
    sender.start(0.0)
    sender.update(custom_mode=4, base_mode=209)
    (message,) = sender.tick(1.0)
    assert message == m.HEARTBEAT(
        type=2, autopilot=3, custom_mode=4, base_mode=209, system_status=4, mavlink_version=3
    )


def test_a_ground_station_is_no_autopilot() -> None:
    (message,) = HeartbeatSender.ground_station().feed(0.0)
    assert (message.type, message.autopilot) == (6, 8)


def test_a_peer_is_lost_after_five_seconds_and_present_again_with_a_heartbeat() -> None:
    watch = HeartbeatMonitor(VEHICLE)
    watch.start(0.0)
    beat = m.HEARTBEAT(type=2, autopilot=3)
    for now in (1.0, 2.0, 3.0):
        watch.receive(beat, VEHICLE, now)
    assert watch.deadline == 8.0
    watch.tick(8.0)
    watch.receive(beat, VEHICLE, 11.0)
    changes = watch.changes()
    assert [(change.presence, change.at_s, change.silent_s) for change in changes] == [
        (Presence.PRESENT, 1.0, 0.0),
        (Presence.LOST, 8.0, 5.0),
        (Presence.PRESENT, 11.0, 8.0),
    ]
    assert watch.changes() == []


def test_the_heartbeats_of_others_do_not_keep_a_peer_present() -> None:
    watch = HeartbeatMonitor(VEHICLE)
    watch.start(0.0)
    watch.receive(m.HEARTBEAT(), VEHICLE, 1.0)
    watch.receive(m.HEARTBEAT(), address(1, 154), 5.0)
    watch.receive(m.ATTITUDE(), VEHICLE, 5.5)
    watch.tick(6.0)
    assert watch.presence is Presence.LOST
