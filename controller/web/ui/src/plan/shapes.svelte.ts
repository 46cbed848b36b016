// Areas and lines of other programs' files (KML, KMZ, GPX, GeoJSON, shapefiles), and what the operator makes of them.
import * as calls from "./calls";
import { editor } from "./editor.svelte";
import { addPolygon, addWaypoints } from "./placing";
import { make } from "./surveying";

export type Use = "survey" | "fence" | "corridor" | "waypoints";

/** What can be made of a shape. */
export const USES: Record<calls.Shape["kind"], readonly Use[]> = {
  area: ["survey", "fence"],
  line: ["corridor", "waypoints"],
};
export const ENDINGS = [".kml", ".kmz", ".gpx", ".geojson", ".zip"];
const HEAD = 4096;

/** Whether a file is a mission alone: one of DJI, or one that Landline has written as GeoJSON. */
async function isMission(file: File, name: string): Promise<boolean> {
  if (name.endsWith(".kmz")) return new TextDecoder("latin1").decode(await file.arrayBuffer()).includes("wpmz/");
  return name.endsWith("json") && (await file.slice(0, HEAD).text()).includes('"landline_mission"');
}

/** Whether a file holds shapes: a plan of QGroundControl may be called .json too. */
export async function isShapeFile(file: File): Promise<boolean> {
  const name = file.name.toLowerCase();
  if (await isMission(file, name)) return false;
  if (ENDINGS.some((ending) => name.endsWith(ending))) return true;
  return name.endsWith(".json") && !(await file.slice(0, HEAD).text()).includes('"fileType"');
}

class Shapes {
  /** The file that is open; null for none. */
  file = $state.raw<{ source: File; name: string; shapes: calls.Shape[]; notes: string[] } | null>(null);

  async open(file: File): Promise<void> {
    this.file = { source: file, name: file.name, ...(await calls.shapes(file)) };
  }

  async use({ points }: calls.Shape, use: Use): Promise<void> {
    if (use === "fence") addPolygon(points);
    else if (use === "waypoints") addWaypoints(points);
    else await make(use, points);
    editor.fit += 1;
  }

  close(): void {
    this.file = null;
  }
}

export const shapes = new Shapes();
