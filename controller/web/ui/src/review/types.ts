// Answers of /api/flights/..., as controller/web/flights writes them. Names carry units.

export interface FlightRow {
  flight: string;
  flown_utc: string;
  aircraft: string;
  /** Only `ready` flights have figures. */
  state: "ready" | "encrypted" | "recording" | "unread";
  started_utc?: string;
  simulated?: number;
  firmware?: string;
  duration_s?: number;
  armed_s?: number;
  distance_m?: number | null;
  max_alt_m?: number | null;
  max_speed_m_s?: number | null;
  outcome?: string;
  /** How it crashed, as judged from its log; empty without a crash. */
  crash?: string;
  warnings?: number;
  aircraft_warnings?: number;
  modes?: string;
  bad_bytes?: number;
}

export interface ListProgress {
  refreshing: { done: number; total: number } | null;
  error: string;
}

export interface FlightList extends ListProgress {
  folder: string;
  rows: FlightRow[];
}

export interface ModeSpan {
  begin_s: number;
  end_s: number;
  name: string;
}

export interface FlightEvent {
  t_s: number;
  utc: string;
  kind: string;
  text: string;
  why: string;
  severity: number | null;
  severity_name: string;
  grave: boolean;
  sender: string;
  aircraft: string;
  event_name: string;
}

export interface Finding {
  number: number;
  kind: string;
  grade: "look" | "bad";
  text: string;
  begin_s: number;
  end_s: number;
  evidence: string;
  worst: number | null;
  limit: number | null;
  unit: string;
  rows: number;
  of: number;
  authority: string;
  lat_deg: number | null;
  lon_deg: number | null;
}

export interface MissionRow {
  number: number;
  command: string;
  place: string;
  lat_deg: number | null;
  lon_deg: number | null;
  reached_s: number | null;
  reached: boolean;
  flown_m: number | null;
  nearest_m: number | null;
}

export interface CameraPlace {
  t_s: number;
  lat_deg: number;
  lon_deg: number;
  msl_m: number | null;
  number: number;
}

export interface Table {
  name: string;
  rows: number;
  fields: string[];
  units?: Record<string, string>;
  senders: string[];
}

export interface ReviewLine {
  id: string;
  plot: string;
  name: string;
  unit: string;
}

export interface Review {
  name: string;
  summary: Partial<FlightRow> & {
    flight_time_s?: number | null;
    wall_time_s?: number | null;
    battery_used_ah?: number | null;
    frames?: number;
    bytes?: number;
  };
  events: FlightEvent[];
  findings: Finding[];
  judged: string[];
  never_armed: boolean;
  crash: string;
  left_in_air: string;
  notes: string[];
  mission: MissionRow[];
  planned: [number, number][];
  camera: CameraPlace[];
  tables: Table[];
  lines: ReviewLine[];
}

export interface Photo {
  number: number;
  name: string;
  lat_deg: number;
  lon_deg: number;
  msl_m: number | null;
  t_s: number | null;
  by: "log" | "photo";
}

export interface Photos {
  folder: string;
  photos: Photo[];
  without: { number: number; name: string; why: string }[];
  left_out: number;
  source: string;
  offset_s: number | null;
  confidence: string;
  note: string;
}

/** A flight of another program: there is no record of it to verify, only the hash of its file. */
export interface ImportVerification {
  ok: boolean;
  imported: { name: string; title: string; sha256: string; imported_utc: string; why: string };
}

export interface RecordVerification {
  ok: boolean;
  imported: null;
  closed: boolean;
  recording: boolean;
  blocks: number;
  frames: number;
  signed_by: string | null;
  key_known: boolean;
  first_bad: { block: number; offset: number; why: string } | null;
  unsigned_blocks: number;
  tail_bytes: number;
  recorded_as: string;
  files: { file: string; proof: "chain" | "addition" | "own" | "none" | "removed"; reason: string }[];
  uncovered: string[];
  box: { ok: boolean; blocks: number; frames: number; why: string } | null;
  merge: { ok: boolean; frames: number; why: string } | null;
}

export type Verification = ImportVerification | RecordVerification;
