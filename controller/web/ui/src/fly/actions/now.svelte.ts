// The actions of the selected aircraft now: what can be done, and sending it to the aircraft that was named.
import { live } from "../../lib/live.svelte";
import { glance } from "../glance.svelte";
import { type ActionName, reasonAgainst, type Reason, type Situation } from "./table";

class Now {
  readonly situation = $derived.by(
    (): Situation => ({
      connected: live.connected,
      role: live.role,
      control: glance.youHaveControl || glance.free,
      blocked: (glance.state?.alarm ?? "") !== "",
      lost: glance.lost,
      armed: glance.armed,
      inAir: glance.inAir,
      ground: glance.ground,
      hasPlace: glance.place !== null,
      mode: glance.mode,
      missionItems: glance.one?.mission?.known ? glance.one.mission.items.length : null,
      offered: glance.one?.info.actions ?? [],
    }),
  );

  reason(name: ActionName): Reason | null {
    return reasonAgainst(name, this.situation);
  }

  /** Send an action to the aircraft of this id, unless another one is selected by now or it cannot be done any more. */
  send(aircraft: string, name: ActionName, words: string, args: Record<string, unknown> = {}): void {
    if (live.selectedId !== aircraft || this.reason(name) !== null) return;
    live.act(aircraft, name, args, words);
  }
}

export const now = new Now();
