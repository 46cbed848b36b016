// A flight that is replayed: the moment that is shown, and every value at that moment.
import { lastAtOrBefore, type Numbers, unpack } from "./arrays";
import { binary, path } from "./calls";
import type { ModeSpan } from "./types";

export interface ReplayHeader {
  name: string;
  format: string;
  /** What the aircraft is drawn as: copter, plane, rover. */
  kind: string;
  clock: "utc" | "boot";
  first_us: number;
  start_utc: string;
  length_s: number;
  modes: ModeSpan[];
  armed: [number, number][];
  notes: string[];
  /** Whether more rows of the same flight can be had: this is the first, small answer. */
  thinned: boolean;
}

export const RATES = [0.5, 1, 2, 4, 8, 16, 32, 64] as const;
/** A value that is older than this, and than three rows of a thinned channel, is not known at the moment. */
const KNOWN_S = 5;

export interface Moment {
  lat_deg: number | null;
  lon_deg: number | null;
  home_m: number | null;
  msl_m: number | null;
  ground_m_s: number | null;
  climb_m_s: number | null;
  air_m_s: number | null;
  roll_deg: number | null;
  pitch_deg: number | null;
  yaw_deg: number | null;
  voltage_v: number | null;
  current_a: number | null;
  left_percent: number | null;
  fix: number | null;
  satellites: number | null;
  hdop: number | null;
  flown_m: number | null;
  mode: string | null;
  armed: boolean | null;
}

const DEGREES = 180 / Math.PI;

export class Replay {
  /** Seconds after the first message of the record. */
  timeS = $state(0);
  playing = $state(false);
  rate = $state<number>(1);
  /** The moment under the pointer on a plot. */
  hoverS = $state<number | null>(null);
  /** The part that the plots show. */
  beginS = $state(0);
  endS = $state(1);

  arrays: Map<string, Numbers> = $state.raw(new Map());

  constructor(
    readonly id: string,
    readonly header: ReplayHeader,
    arrays: Map<string, Numbers>,
  ) {
    this.arrays = arrays;
    this.showAll();
    // Where the flight begins, not the minutes on the ground before it.
    this.timeS = header.armed[0]?.[0] ?? 0;
  }

  get lengthS(): number {
    return Math.max(this.header.length_s, 0.001);
  }

  seek(timeS: number): void {
    this.timeS = Math.min(Math.max(0, timeS), this.lengthS);
    // What is jumped to is in the plots, too.
    if (this.timeS < this.beginS || this.timeS > this.endS) {
      const width = this.endS - this.beginS;
      this.show(this.timeS - width / 2, this.timeS + width / 2);
    }
  }

  toggle(): void {
    if (!this.playing && this.timeS >= this.lengthS) this.timeS = 0;
    this.playing = !this.playing;
  }

  /** Go on by real seconds. */
  advance(seconds: number): void {
    this.seek(this.timeS + seconds * this.rate);
    if (this.timeS >= this.lengthS) this.playing = false;
  }

  /** Show a part of the flight in the plots. */
  show(beginS: number, endS: number): void {
    const width = Math.min(Math.max(endS - beginS, 0.2), this.lengthS);
    this.beginS = Math.min(Math.max(0, beginS), this.lengthS - width);
    this.endS = this.beginS + width;
  }

  showAll(): void {
    this.beginS = 0;
    this.endS = this.lengthS;
  }

  /** Make the shown part longer (factor above 1) or shorter around a moment. */
  zoom(factor: number, aroundS: number): void {
    this.show(aroundS - (aroundS - this.beginS) * factor, aroundS + (this.endS - aroundS) * factor);
  }

  /** The value of a column at a moment; null where it is not known. */
  value(channel: string, column: string, timeS: number): number | null {
    const times = this.arrays.get(`${channel}.t`);
    const values = this.arrays.get(`${channel}.${column}`);
    if (!times || !values) return null;
    const at = lastAtOrBefore(times, timeS);
    const known = Math.max(KNOWN_S, (3 * this.lengthS) / times.length);
    if (at < 0 || timeS - times[at]! > known) return null;
    const value = values[at]!;
    return Number.isFinite(value) ? value : null;
  }

  /** The place between two rows of the track, [longitude, latitude]; null in a gap. */
  place(timeS: number): [number, number] | null {
    const times = this.arrays.get("position.t");
    const lats = this.arrays.get("position.lat_deg");
    const lons = this.arrays.get("position.lon_deg");
    if (!times || !lats || !lons) return null;
    const at = lastAtOrBefore(times, timeS);
    if (at < 0) return null;
    const gap = (times[at + 1] ?? Infinity) - times[at]!;
    if (timeS - times[at]! > Math.max(KNOWN_S, (3 * this.lengthS) / times.length)) return null;
    const share = gap > 0 && gap < 10 * KNOWN_S ? (timeS - times[at]!) / gap : 0;
    const [lat, lon] = [lats[at]!, lons[at]!];
    const step = (lons[at + 1] ?? lon) - lon;
    // Not around the earth at the antimeridian.
    const east = step > 180 ? step - 360 : step < -180 ? step + 360 : step;
    return [lon + share * east, lat + share * ((lats[at + 1] ?? lat) - lat)];
  }

  mode(timeS: number): string | null {
    return this.header.modes.find((one) => one.begin_s <= timeS && timeS < one.end_s)?.name ?? this.lastMode(timeS);
  }

  private lastMode(timeS: number): string | null {
    const last = this.header.modes.at(-1);
    return last && timeS >= last.begin_s ? last.name : null;
  }

  armed(timeS: number): boolean | null {
    if (this.header.modes.length === 0) return null;
    return this.header.armed.some(([begin, end]) => begin <= timeS && timeS < end);
  }

  moment(timeS: number): Moment {
    const place = this.place(timeS);
    const value = (channel: string, column: string) => this.value(channel, column, timeS);
    const degrees = (column: string) => {
      const angle = value("attitude", column);
      return angle === null ? null : angle * DEGREES;
    };
    const left = value("battery", "left_share");
    return {
      lat_deg: place?.[1] ?? null,
      lon_deg: place?.[0] ?? null,
      home_m: value("altitude", "home_m"),
      msl_m: value("altitude", "msl_m"),
      ground_m_s: value("speed", "ground_m_s"),
      climb_m_s: value("speed", "climb_m_s"),
      air_m_s: value("airspeed", "air_m_s"),
      roll_deg: degrees("roll_rad"),
      pitch_deg: degrees("pitch_rad"),
      yaw_deg: degrees("yaw_rad"),
      voltage_v: value("battery", "voltage_v"),
      current_a: value("battery", "current_a"),
      left_percent: left === null ? null : left * 100,
      fix: value("gps", "fix"),
      satellites: value("gps", "satellites"),
      hdop: value("gps", "hdop"),
      flown_m: value("track", "flown_m"),
      mode: this.mode(timeS),
      armed: this.armed(timeS),
    };
  }

  /** The time of day at a moment, UTC; empty where the log does not know it. */
  utc(timeS: number): string {
    if (this.header.clock !== "utc" || !this.header.first_us) return "";
    return new Date(this.header.first_us / 1000 + timeS * 1000).toISOString();
  }
}

/** Load a flight with few rows: enough to open it. Raises ApiError. */
export async function loadReplay(id: string, signal: AbortSignal): Promise<Replay> {
  const { header, arrays } = unpack<ReplayHeader>(await binary(path(id, "replay?part=first"), signal));
  return new Replay(id, header, arrays);
}

/** Load the rows that the first answer left out. Raises ApiError. */
export async function loadAllRows(replay: Replay, signal: AbortSignal): Promise<void> {
  if (!replay.header.thinned) return;
  replay.arrays = unpack<ReplayHeader>(await binary(path(replay.id, "replay"), signal)).arrays;
}
