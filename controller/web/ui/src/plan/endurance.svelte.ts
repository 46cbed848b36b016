// The battery estimate: the flight's duration as a share of the time that a full battery lasts, as the operator knows it.
const KEY = "landline.plan.endurance_min";

class Endurance {
  minutes = $state<number | null>(Number(localStorage.getItem(KEY)) || null);

  set(minutes: number | null): void {
    this.minutes = minutes;
    if (minutes === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, String(minutes));
  }

  /** Share of a full battery, in whole per cent; null where it is not known. */
  percent(durationS: number | null): number | null {
    if (this.minutes === null || durationS === null) return null;
    return Math.round((durationS / 60 / this.minutes) * 100);
  }
}

export const endurance = new Endurance();
