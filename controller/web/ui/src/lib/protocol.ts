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
  /** Whether the mission was downloaded; before that it has no items, which says nothing of the aircraft. */
  known: boolean;
  items: PlanPoint[];
  /** Places flown over, with arcs, splines and circles. */
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
  /**
   * Page that has control (compare with hello.client); null: nobody, and the first page that commands has it. The
   * terminal always may command.
   */
  pilot: string | null;
  /** Its name for people, such as "page 2 of 192.168.1.7". */
  pilot_name: string;
  /** Whether the connection of that page is broken; after 10 s nobody has control. */
  pilot_gone: boolean;
  /** Pages that ask for control, for the holder to give it or keep it. */
  asked_by: { client: string; name: string }[];
}

export interface ActionNews {
  request: string;
  aircraft: string;
  name: string;
  /** What was asked, in words: "take off to 20 m". */
  words: string;
  /**
   * `asked`: it is being sent. `accepted`: the aircraft's COMMAND_ACK. `done`: telemetry shows it (`why` may hold a
   * remark). `refused`: nothing of it happens, `why` has the reason. `unconfirmed`: no answer, or telemetry does not
   * show it; the aircraft may have done it. An order of the terminal has the client "terminal" and an empty request.
   */
  outcome: "asked" | "accepted" | "done" | "refused" | "unconfirmed";
  why: string;
  client: string;
  /** Its name for people: "terminal" or "page 2". */
  client_name: string;
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
      client_name: string;
      role: Role;
      version: string;
      /** Seconds of the server's clock when it sent this, as in `state`. */
      t_s: number;
      utc_us: number;
      record: string;
      aircraft: (AircraftInfo & { state: AircraftState; texts: TextMessage[]; track: [number, number, number][]; mission: OnboardMission })[];
      links: LinkView[];
      /** Texts of ground boxes. */
      box_texts: TextMessage[];
      /** Latest news of actions and latest events, oldest first. */
      actions: ActionNews[];
      events: SessionEvent[];
    }
  | { type: "aircraft"; aircraft: AircraftInfo }
  | { type: "state"; t_s: number; states: ({ id: string } & Partial<AircraftState>)[] }
  | { type: "links"; links: LinkView[] }
  /** A text of an aircraft; id null: of a ground box. They are no events. */
  | { type: "text"; id: string | null; text: TextMessage }
  | { type: "mission"; id: string; mission: OnboardMission }
  | { type: "action"; action: ActionNews }
  | { type: "event"; event: SessionEvent }
  | { type: "joystick"; aircraft: string; active: boolean; why: string }
  | { type: "error"; request: string | null; error: string };

/**
 * Actions and their values; any other value is refused, and AircraftInfo.actions names those of the aircraft:
 * arm, disarm, emergency_stop {force: true}, takeoff {alt_m}, goto {lat_deg, lon_deg, alt_m}, altitude {alt_m},
 * speed {speed_m_s}, mode {mode}, pause, resume, return, land, start_mission, jump_to_item {number}.
 * Heights are metres above home.
 */

/**
 * What the page sends. Each command names its aircraft; the server answers with `action` messages. All but `seen` also
 * have `t_s`, the server's time at which they were asked; one that was held back on its way is refused.
 */
export type ClientMessage =
  | { type: "act"; request: string; aircraft: string; name: string; args: Record<string, unknown> }
  /**
   * Take control of an aircraft that nobody has, else ask its pilot for it. With `force` take it over: only after
   * asking, two seconds later at the earliest, and after a confirmed hold.
   */
  | { type: "take_control"; aircraft: string; force?: true }
  /** Give control to a page of `asked_by`; keep it, which ends the questions; give it back, or withdraw the question. */
  | { type: "give_control"; aircraft: string; to: string }
  | { type: "keep_control"; aircraft: string }
  | { type: "release_control"; aircraft: string }
  /** A `state` message was shown. A page that says so gets no more than four before the next one. */
  /** Frame of the joystick, -1000 to 1000: forward, right, up, yaw right. `begin` takes over, `end` gives back. */
  | {
      type: "joystick";
      aircraft: string;
      begin?: boolean;
      end?: boolean;
      x?: number;
      y?: number;
      z?: number;
      r?: number;
    }
  | { type: "seen" };
