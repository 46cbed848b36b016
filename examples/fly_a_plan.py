"""Fly a plan from Python: upload, start, monitor.

The aircraft is simulated, in virtual time. For a real one, use
`async with connect("serial:/dev/ttyUSB0:57600") as vehicle` and `asyncio.run` instead of `run_virtual`.
"""

from __future__ import annotations

from pathlib import Path

from hil.geodesy import Home
from hil.sim.clock import VirtualClock, run_virtual
from hil.sim.session import session
from landline import connect, open_plan

PLAN = Path(__file__).with_name("inspection.plan")


async def fly() -> None:
    """Fly the inspection and print the items reached."""
    plan = open_plan(PLAN)
    assert plan.home is not None
    home = Home(plan.home.lat_deg, plan.home.lon_deg, plan.home.alt_amsl_m)
    clock = VirtualClock()
    async with session(clock=clock, home=home, seed=3) as sim, connect(sim.link, clock=clock) as vehicle:
        await vehicle.mission.upload(plan)  # read back and compared
        await vehicle.mission.start()
        async for item in vehicle.mission.progress():
            if item.reached:
                print(f"item {item.number} of {item.total} reached at {clock.now():.0f} s")
        print(f"aircraft: {vehicle.state.describe()}")


def main() -> None:
    """Run the flight in virtual time."""
    run_virtual(fly())


if __name__ == "__main__":
    main()
