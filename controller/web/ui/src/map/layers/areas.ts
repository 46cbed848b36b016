// Lines and areas of an aircraft below the moving parts: the path of the mission, the fence.
import type * as GeoJSON from "geojson";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";

import { circle } from "../../lib/geo";
import type { FenceArea, OnboardMission } from "../../lib/protocol";
import { token } from "../style";

type Collection = GeoJSON.FeatureCollection;
type Line = [number, number][];

const EMPTY: Collection = { type: "FeatureCollection", features: [] };
const HATCH_PX = 12;

/** Stripes for an area that must not be entered: seen without its colour. */
function hatch(colour: string): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = HATCH_PX;
  const ctx = canvas.getContext("2d")!;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2;
  for (const shift of [-HATCH_PX, 0, HATCH_PX]) {
    ctx.beginPath();
    ctx.moveTo(shift, HATCH_PX);
    ctx.lineTo(shift + HATCH_PX, 0);
    ctx.stroke();
  }
  return ctx.getImageData(0, 0, HATCH_PX, HATCH_PX);
}

/** The sources and layers of the fly view; the last data is given again when the theme makes a new style. */
export class AreaLayers {
  private readonly data: Record<"fly-path" | "fly-fence", Collection> = {
    "fly-path": EMPTY,
    "fly-fence": EMPTY,
  };

  constructor(private readonly map: MapLibre) {}

  /** Add the layers to a style that was just loaded. */
  add(): void {
    const { map } = this;
    for (const [id, data] of Object.entries(this.data)) {
      if (!map.getSource(id)) map.addSource(id, { type: "geojson", data, tolerance: 0.2 });
    }
    if (map.getLayer("fly-fence-fill")) return;
    const halo = token("--panel");
    if (map.hasImage("fly-hatch")) map.removeImage("fly-hatch");
    map.addImage("fly-hatch", hatch(token("--fence")));
    map.addLayer({
      id: "fly-fence-fill",
      type: "fill",
      source: "fly-fence",
      filter: ["!", ["get", "inclusion"]],
      paint: { "fill-pattern": "fly-hatch" },
    });
    const fence = { type: "line", source: "fly-fence" } as const;
    map.addLayer({ id: "fly-fence-halo", ...fence, paint: { "line-color": halo, "line-width": 5 } });
    map.addLayer({
      id: "fly-fence-in",
      ...fence,
      filter: ["get", "inclusion"],
      paint: { "line-color": token("--fence"), "line-width": 2.5, "line-dasharray": [4, 2] },
    });
    map.addLayer({
      id: "fly-fence-out",
      ...fence,
      filter: ["!", ["get", "inclusion"]],
      paint: { "line-color": token("--fence"), "line-width": 2.5 },
    });
    const path = { type: "line", source: "fly-path" } as const;
    const round = { "line-join": "round", "line-cap": "round" } as const;
    map.addLayer({ id: "fly-path-halo", ...path, layout: round, paint: { "line-color": halo, "line-width": 5 } });
    map.addLayer({
      id: "fly-path",
      ...path,
      layout: { "line-join": "round" },
      paint: { "line-color": token("--mission"), "line-width": 2.5, "line-dasharray": [2, 1] },
    });
  }

  setMission(mission: OnboardMission | null): void {
    const path: Line = (mission?.path ?? []).map(([lat_deg, lon_deg]) => [lon_deg, lat_deg]);
    this.set("fly-path", path.length > 1 ? [feature({ type: "LineString", coordinates: unwrapped(path) }, {})] : []);
    this.set("fly-fence", (mission?.fence ?? []).map(fenceFeature));
  }

  private set(id: keyof AreaLayers["data"], features: GeoJSON.Feature[]): void {
    this.data[id] = { type: "FeatureCollection", features };
    this.map.getSource<GeoJSONSource>(id)?.setData(this.data[id]);
  }
}

function fenceFeature(area: FenceArea): GeoJSON.Feature {
  const [first] = area.points;
  const ring: Line =
    area.kind === "circle" && first
      ? circle({ lat_deg: first[0], lon_deg: first[1] }, area.radius_m)
      : [...area.points, ...(first ? [first] : [])].map(([lat_deg, lon_deg]) => [lon_deg, lat_deg]);
  return feature({ type: "Polygon", coordinates: [unwrapped(ring)] }, { inclusion: area.inclusion });
}

function feature(geometry: GeoJSON.Geometry, properties: Record<string, unknown>): GeoJSON.Feature {
  return { type: "Feature", geometry, properties };
}

/** Longitudes that go on past 180 degrees, so that a line across the antimeridian takes the short way. */
function unwrapped(line: Line): Line {
  let before = line[0]?.[0] ?? 0;
  return line.map(([lon_deg, lat_deg]) => {
    before = lon_deg + 360 * Math.round((before - lon_deg) / 360);
    return [before, lat_deg];
  });
}
