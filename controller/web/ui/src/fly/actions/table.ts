// The actions of an aircraft: their keys, how they are confirmed, and why one cannot be done now.
import type { Key } from "../../lib/i18n.svelte";
import { comesDown } from "../glance.svelte";

export type ActionName =
  | "arm"
  | "takeoff"
  | "start_mission"
  | "pause"
  | "resume"
  | "jump_to_item"
  | "goto"
  | "altitude"
  | "speed"
  | "mode"
  | "return"
  | "land"
  | "disarm"
  | "emergency_stop";

/** `press` acts at once, `hold` after it was held, `form` opens a form with values and then a hold. */
export type Confirmation = "press" | "hold" | "form";

export interface ActionKind {
  name: ActionName;
  key: string;
  confirmation: Confirmation;
  tone: "danger" | "armed" | "accent";
  group: "start" | "flight" | "end" | "emergency";
}

export const ACTIONS: readonly ActionKind[] = [
  { name: "arm", key: "a", confirmation: "hold", tone: "armed", group: "start" },
  { name: "takeoff", key: "t", confirmation: "form", tone: "armed", group: "start" },
  { name: "start_mission", key: "s", confirmation: "hold", tone: "armed", group: "start" },
  { name: "pause", key: "p", confirmation: "press", tone: "accent", group: "flight" },
  { name: "resume", key: "c", confirmation: "hold", tone: "accent", group: "flight" },
  { name: "jump_to_item", key: "j", confirmation: "form", tone: "accent", group: "flight" },
  { name: "goto", key: "g", confirmation: "form", tone: "accent", group: "flight" },
  { name: "altitude", key: "h", confirmation: "form", tone: "accent", group: "flight" },
  { name: "speed", key: "v", confirmation: "form", tone: "accent", group: "flight" },
  { name: "mode", key: "m", confirmation: "form", tone: "accent", group: "flight" },
  { name: "return", key: "r", confirmation: "hold", tone: "accent", group: "end" },
  { name: "land", key: "l", confirmation: "hold", tone: "accent", group: "end" },
  { name: "disarm", key: "d", confirmation: "hold", tone: "danger", group: "end" },
  { name: "emergency_stop", key: "x", confirmation: "form", tone: "danger", group: "emergency" },
];

/** What the availability of an action depends on. */
export interface Situation {
  connected: boolean;
  role: "observer" | "pilot";
  /** Whether this page has control of the aircraft. */
  control: boolean;
  blocked: boolean;
  lost: boolean;
  armed: boolean | null;
  inAir: boolean | null;
  ground: boolean;
  hasPlace: boolean;
  mode: string;
  missionItems: number | null;
  offered: readonly string[];
}

export type Reason =
  | "server"
  | "observer"
  | "control"
  | "blocked"
  | "lost"
  | "unknown"
  | "offered"
  | "armed"
  | "disarmed"
  | "flying"
  | "grounded"
  | "place"
  | "mission"
  | "unread"
  | "running";

/** Commands that are worth sending although nothing is heard: the aircraft may still hear. */
const WITHOUT_TELEMETRY: readonly ActionName[] = ["pause", "return", "land", "mode", "emergency_stop"];

const FLIES_MISSION = /^(AUTO|MISSION|AUTO\.MISSION)$/i;

/** Whether an aircraft in this mode flies the mission on board. */
export function fliesMission(mode: string): boolean {
  return FLIES_MISSION.test(mode);
}

/** Why an action cannot be done now; null where it can. */
export function reasonAgainst(name: ActionName, now: Situation): Reason | null {
  if (!now.connected) return "server";
  if (now.role === "observer") return "observer";
  if (!now.control) return "control";
  if (now.blocked) return "blocked";
  if (!now.offered.includes(name)) return "offered";
  if (now.lost) return WITHOUT_TELEMETRY.includes(name) ? null : "lost";
  if (now.armed === null) return "unknown";
  // A ground vehicle drives when it is armed: it is never in the air.
  const moving = now.ground ? now.armed : now.inAir !== false && now.armed;
  switch (name) {
    case "arm":
      return now.armed ? "armed" : null;
    case "disarm":
      return !now.armed ? "disarmed" : !now.ground && now.inAir !== false ? "flying" : null;
    case "takeoff":
      return moving && now.inAir === true ? "flying" : null;
    case "start_mission":
      // Another start would begin at the first item again, in the middle of the flight.
      return now.missionItems === 0 ? "mission" : moving && fliesMission(now.mode) ? "running" : null;
    case "jump_to_item":
      return now.missionItems === null ? "unread" : now.missionItems === 0 ? "mission" : moving ? null : "grounded";
    case "resume":
      return now.missionItems === 0 ? "mission" : moving ? null : "grounded";
    case "pause":
    case "land":
    case "return":
    case "speed":
      return moving ? null : "grounded";
    case "goto":
    case "altitude":
      return !moving ? "grounded" : now.hasPlace ? null : "place";
    case "emergency_stop":
      return now.armed ? null : "disarmed";
    case "mode":
      return null;
  }
}

/**
 * Pause is one press, because stopping early is the safe direction. Only where the aircraft comes home or lands it takes
 * a hold: there a pause keeps it in the air.
 */
export function confirmationOf(kind: ActionKind, mode: string): Confirmation {
  return kind.name === "pause" && comesDown(mode) ? "hold" : kind.confirmation;
}

export const nameKey = (name: ActionName): Key => `fly.action.${name}`;
/** The name that is spoken, where the button has a shorter one. */
export const spokenKey = (name: ActionName): Key =>
  name === "start_mission" || name === "jump_to_item" ? `fly.spoken.${name}` : nameKey(name);
export const shortReasonKey = (reason: Reason): Key => `fly.why.short.${reason}`;
export const reasonKey = (reason: Reason): Key => `fly.why.${reason}`;
