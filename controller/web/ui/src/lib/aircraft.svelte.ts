// One aircraft as the page knows it, and when each of its values was measured.
import type { AircraftInfo, AircraftState, OnboardMission, TextMessage } from "./protocol";
import { Track } from "./track";

/** Seconds of a clock that only goes forward. */
export function nowS(): number {
  return performance.now() / 1000;
}

const EMPTY: AircraftState = {
  heartbeat: null,
  position: null,
  attitude: null,
  speed: null,
  battery: null,
  gps: null,
  health: null,
  mission: null,
  wind: null,
  home: null,
  in_air: null,
  position_good: null,
  armed_for_s: null,
  last_message: null,
  alarm: "",
};

/** Where values, texts, events and news of actions keep the moment of their measurement, by the page's clock. */
const MEASURED = Symbol("measured at, s");

/** Note when the values were measured: `lateS` is the time of the message on its way. */
export function note<T extends object>(news: T, lateS = 0): T {
  (news as { [MEASURED]?: number })[MEASURED] = nowS() - lateS - ("age_s" in news ? Number(news.age_s) : 0);
  return news;
}

/** When it was measured; undefined where that was not noted. */
export function measuredS(news: object): number | undefined {
  return (news as { [MEASURED]?: number })[MEASURED];
}

/** One aircraft as the page knows it. */
export class Aircraft {
  info = $state.raw<AircraftInfo>() as AircraftInfo;
  /** What the page shows; `newest` takes its place once a frame. */
  state = $state.raw<AircraftState>(EMPTY);
  texts = $state.raw<TextMessage[]>([]);
  mission = $state.raw<OnboardMission | null>(null);
  /** Not reactive. */
  readonly track = new Track();
  private readonly newest: AircraftState = { ...EMPTY };

  constructor(info: AircraftInfo) {
    this.info = info;
  }

  get id(): string {
    return this.info.id;
  }

  /** Its name in full, without the version of its firmware: "ArduPilot copter 1". */
  get name(): string {
    return `${this.info.autopilot} ${this.info.kind} ${this.info.system}`;
  }

  /** Take news of the state; they are shown by `show`. */
  update(news: Partial<AircraftState>, lateS = 0): void {
    for (const value of Object.values(news)) {
      if (value !== null && typeof value === "object" && "age_s" in value) note(value, lateS);
    }
    Object.assign(this.newest, news);
    const place = news.position;
    if (place?.has_place) this.track.add(place.lat_deg, place.lon_deg);
  }

  show(): void {
    this.state = { ...this.newest };
  }
}
