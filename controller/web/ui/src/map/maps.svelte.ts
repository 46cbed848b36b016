// The operator's maps and terrain: what the server has, and how the operator wants them shown, kept in this browser.
import { get, remove } from "../lib/api";
import type { Bounds } from "./grid";

export interface MapInfo {
  kind: string;
  vector: boolean;
  /** West, south, east, north in degrees. */
  bounds: [number, number, number, number];
  min_zoom: number;
  max_zoom: number;
  title: string;
  attribution: string;
  licence: string;
  layers: string[];
}

export interface MapEntry {
  id: string;
  name: string;
  size: number;
  version: string;
  info: MapInfo | null;
  error: string;
  /** Whether the file lies in Landline's own folder, from which the page may delete it. */
  removable: boolean;
}

export type UsableMap = MapEntry & { info: MapInfo };

export interface TerrainEntry {
  name: string;
  bounds: [number, number, number, number] | null;
  datum: string;
  cell_m: number | null;
  error: string;
}

interface Listed {
  maps: MapEntry[];
  terrain: TerrainEntry[];
  hillshade: { min_zoom: number; max_zoom: number };
  folder: string;
  upload_bytes: number;
}

interface Wish {
  hidden: boolean;
  opacity: number;
}

const STORED = "landline.maps";
const AS_IT_IS: Wish = { hidden: false, opacity: 1 };
/** Id of the shaded relief among the wishes. */
export const RELIEF = "hillshade";

function stored(): { order: string[]; wishes: Record<string, Wish> } {
  try {
    const found = JSON.parse(localStorage.getItem(STORED) ?? "{}") as { order?: string[]; wishes?: Record<string, Wish> };
    return { order: found.order ?? [], wishes: found.wishes ?? {} };
  } catch {
    return { order: [], wishes: {} };
  }
}

class Maps {
  listed = $state.raw<Listed | null>(null);
  /** Why the list could not be read, empty otherwise. */
  error = $state("");
  /** The last problem of a tile of each map, by id. */
  tileErrors = $state<Record<string, string>>({});
  private order = $state<string[]>(stored().order);
  private wishes = $state<Record<string, Wish>>(stored().wishes);

  /** All files, the topmost first; those that the operator never ordered are on top, the finest first. */
  readonly all = $derived.by((): MapEntry[] => {
    const place = (entry: MapEntry) => this.order.indexOf(entry.id);
    const finest = (entry: MapEntry) => entry.info?.max_zoom ?? -1;
    return [...(this.listed?.maps ?? [])].sort((a, b) => place(a) - place(b) || finest(b) - finest(a));
  });
  readonly usable = $derived(this.all.filter((entry): entry is UsableMap => entry.info !== null));
  readonly shown = $derived(this.usable.filter((entry) => !this.wish(entry.id).hidden));
  readonly terrain = $derived(this.listed?.terrain.filter((file) => !file.error) ?? []);

  wish(id: string): Wish {
    return this.wishes[id] ?? (id === RELIEF ? { hidden: true, opacity: 0.6 } : AS_IT_IS);
  }

  set(id: string, change: Partial<Wish>): void {
    this.wishes[id] = { ...this.wish(id), ...change };
    this.keep();
  }

  /** Move a map up (-1) or down (1) among the others. */
  move(id: string, by: number): void {
    const ids = this.all.map((entry) => entry.id);
    const from = ids.indexOf(id);
    const to = from + by;
    if (from < 0 || to < 0 || to >= ids.length) return;
    ids.splice(to, 0, ...ids.splice(from, 1));
    this.order = ids;
    this.keep();
  }

  /** The shown maps that cover a place, the topmost first. */
  covering(lat: number, lon: number): UsableMap[] {
    return this.shown.filter((entry) => contains(entry.info.bounds, lat, lon));
  }

  async load(): Promise<void> {
    try {
      this.listed = await get<Listed>("/api/maps");
      this.error = "";
      this.tileErrors = {};
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
  }

  /** Delete the file of a map; returns why not, "" when it is gone. */
  async remove({ id, version }: MapEntry): Promise<string> {
    let why = "";
    try {
      await remove(`/api/maps/${id}?version=${version}`);
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    await this.load();
    return why;
  }

  private keep(): void {
    localStorage.setItem(STORED, JSON.stringify({ order: this.order, wishes: this.wishes }));
  }
}

export function contains([west, south, east, north]: MapInfo["bounds"], lat: number, lon: number): boolean {
  return lat >= south && lat <= north && lon >= west && lon <= east;
}

/** Whether two areas have a part in common. */
export function meets([west, south, east, north]: MapInfo["bounds"], view: Bounds): boolean {
  return west < view.east && east > view.west && south < view.north && north > view.south;
}

export const maps = new Maps();
