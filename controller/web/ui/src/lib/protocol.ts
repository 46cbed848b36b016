// Messages of the WebSocket /live, as controller/web/live/ writes and reads them. Names carry units and frames.

export type Role = "observer" | "pilot";

/** A group of values from one kind of MAVLink message; `age_s` is its age when the server sent it. */
export interface Group {
  age_s: number;
}

export interface Position extends Group {
  lat_deg: number;
  lon_deg: number;
  alt_amsl_m: number;
  alt_rel_m: number;
  vel_ned: [number, number, number];
  ground_speed_m_s: number;
  heading_deg: number | null;
  has_place: boolean;
}

export interface Attitude extends Group {
  roll_deg: number;
  pitch_deg: number;
  yaw_deg: number;
}

export interface Speed extends Group {
  ground_m_s: number;
  air_m_s: number | null;
  climb_m_s: number;
  throttle_percent: number;
}

export interface Battery extends Group {
  voltage_v: number | null;
  current_a: number | null;
  remaining_percent: number | null;
}

export interface Gps extends Group {
  fix: number;
  fix_name: string;
  satellites: number | null;
  hdop: number | null;
}

export interface Wind extends Group {
  speed_m_s: number;
  from_deg: number;
}

export interface Health extends Group {
  prearm_ok: boolean | null;
  unhealthy: string[];
}

export interface Heartbeat extends Group {
  armed: boolean;
  mode: string;
}

export interface MissionProgress extends Group {
  /** Number of the current item, from 1; null where there is none. */
  current: number | null;
  total: number | null;
  reached: number | null;
}

export interface Home {
  lat_deg: number;
  lon_deg: number;
  alt_amsl_m: number;
}

export interface LinkView {
  name: string;
  up: boolean;
  kind: string;
  loss_percent: number | null;
  frames_per_s: number;
  age_s: number | null;
}

export interface TextMessage {
  utc: string;
  age_s: number;
  severity: number;
  severity_name: string;
  text: string;
  sender: string;
  event: string;
}

/** State of one aircraft; in updates only the groups that changed are present. */
export interface AircraftState {
  heartbeat: Heartbeat | null;
  position: Position | null;
  attitude: Attitude | null;
  speed: Speed | null;
  battery: Battery | null;
  gps: Gps | null;
  health: Health | null;
  mission: MissionProgress | null;
  wind: Wind | null;
  home: Home | null;
  in_air: boolean | null;
  position_good: boolean | null;
  armed_for_s: number | null;
  last_message: Group | null;
  alarm: string;
}

export interface PlanPoint {
  number: number;
  command: number;
  name: string;
  lat_deg: number | null;
  lon_deg: number | null;
  alt_m: number;
  frame: number;
}

export interface FenceArea {
  kind: "polygon" | "circle";
  inclusion: boolean;
  points: [number, number][];
  radius_m: number;
}

/** The mission on board, for the map: latitude and longitude in degrees. */
export interface OnboardMission {
  items: PlanPoint[];
  path: [number, number][];
  fence: FenceArea[];
  rally: { lat_deg: number; lon_deg: number; alt_m: number }[];
}

export interface AircraftInfo {
  id: string;
  system: number;
  title: string;
  kind: string;
  autopilot: string;
  ground_vehicle: boolean;
  modes: string[];
  /** Names of the actions that this aircraft can do. */
  actions: string[];
  /** Client that has control; null: nobody. */
  pilot: string | null;
  pilot_name: string;
}

export interface ActionNews {
  request: string;
  aircraft: string;
  name: string;
  /** What was asked, in words: "take off to 20 m". */
  words: string;
  /**
   * `asked`: it is being sent. `accepted`: the aircraft's COMMAND_ACK. `done`: telemetry shows it (`why` may hold a
   * remark). `refused`: nothing of it happens, `why` has the reason. `unconfirmed`: no answer, the aircraft may have
   * done it. An order of the terminal has the client "terminal" and an empty request.
   */
  outcome: "asked" | "accepted" | "done" | "refused" | "unconfirmed";
  why: string;
  client: string;
  utc: string;
}

export interface SessionEvent {
  utc: string;
  kind: string;
  text: string;
  aircraft: string | null;
  fields: Record<string, unknown>;
}

export type ServerMessage =
  | {
      type: "hello";
      client: string;
      /** This browser, the same over reloads and tabs. */
      visitor: string;
      role: Role;
      version: string;
      utc_us: number;
      record: string;
      aircraft: (AircraftInfo & { state: AircraftState; texts: TextMessage[]; track: [number, number, number][] })[];
      links: LinkView[];
    }
  | { type: "aircraft"; aircraft: AircraftInfo }
  | { type: "state"; states: ({ id: string } & Partial<AircraftState>)[] }
  | { type: "links"; links: LinkView[] }
  | { type: "text"; id: string; text: TextMessage }
  | { type: "mission"; id: string; mission: OnboardMission }
  | { type: "action"; action: ActionNews }
  | { type: "event"; event: SessionEvent }
  | { type: "error"; request: string | null; error: string };

/**
 * Actions and their values; any other value is refused, and AircraftInfo.actions names those of the aircraft:
 * arm, disarm, emergency_stop {force: true}, takeoff {alt_m}, goto {lat_deg, lon_deg, alt_m}, altitude {alt_m},
 * speed {speed_m_s}, mode {mode}, pause, resume, return, land, start_mission, jump_to_item {number}.
 * Heights are metres above home.
 */

/** What the page sends. Each command names its aircraft; the server answers with `action` messages. */
export type ClientMessage =
  | { type: "act"; request: string; aircraft: string; name: string; args: Record<string, unknown> }
  | { type: "take_control"; aircraft: string }
  | { type: "release_control"; aircraft: string }
  | { type: "seen" };
