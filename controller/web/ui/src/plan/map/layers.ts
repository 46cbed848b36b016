// Layers of the plan on the map, in the colours of the theme; the data come from `scene`.
import type { Feature, FeatureCollection } from "geojson";
import type { ExpressionSpecification, GeoJSONSource, Map as MapLibre } from "maplibre-gl";

import { token } from "../../map/style";

const SOURCES = ["plan-areas", "plan-lines", "plan-points", "plan-flow", "plan-aircraft"] as const;
export const POINT_LAYERS = ["plan-item", "plan-handle", "plan-home", "plan-between"];
/** Home is a ring at its place and a mark beside it, in pixels: the take-off is often at the same place. */
export const HOME_MARK_PX: [number, number] = [-19, -19];
const FONT = ["sans-serif"];

/** Radius of an item in pixels: selected ones stand out, those of a survey are small. */
function itemRadius(plain: number): ExpressionSpecification {
  const part: ExpressionSpecification = ["case", ["boolean", ["get", "part"], false], Math.min(plain, 5), plain];
  return ["case", ["boolean", ["get", "active"], false], 14, part];
}

export function addLayers(map: MapLibre): void {
  if (map.getSource("plan-lines")) return;
  for (const id of SOURCES) map.addSource(id, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  const mission = token("--mission");
  const fence = token("--fence");
  const panel = token("--panel");
  const accent = token("--accent");
  const text = token("--text");
  map.addLayer({
    id: "plan-area-fill",
    type: "fill",
    source: "plan-areas",
    filter: ["==", ["geometry-type"], "Polygon"],
    paint: {
      "fill-color": ["match", ["get", "kind"], "pattern", mission, fence],
      "fill-opacity": ["match", ["get", "kind"], "outside", 0.28, "pattern", 0.1, 0.05],
    },
  });
  map.addLayer({
    id: "plan-area-line",
    type: "line",
    source: "plan-areas",
    filter: ["!=", ["get", "kind"], "outside"],
    paint: {
      "line-color": ["match", ["get", "kind"], "pattern", mission, fence],
      "line-width": ["case", ["boolean", ["get", "active"], false], 4, 2.5],
      "line-opacity": ["match", ["get", "kind"], "pattern", 0.6, 1],
    },
  });
  // A keep-out area is dashed and filled, so that it is told from the outer fence without its colour.
  map.addLayer({
    id: "plan-area-dashed",
    type: "line",
    source: "plan-areas",
    filter: ["==", ["get", "kind"], "outside"],
    paint: {
      "line-color": fence,
      "line-width": ["case", ["boolean", ["get", "active"], false], 4, 2.5],
      "line-dasharray": [2, 1.5],
    },
  });
  map.addLayer({
    id: "plan-line-edge",
    type: "line",
    source: "plan-lines",
    layout: { "line-join": "round", "line-cap": "round" },
    paint: { "line-color": panel, "line-width": 6, "line-opacity": 0.75 },
  });
  map.addLayer({
    id: "plan-line",
    type: "line",
    source: "plan-lines",
    layout: { "line-join": "round", "line-cap": "round" },
    paint: { "line-color": ["match", ["get", "kind"], "drawn", accent, mission], "line-width": 3 },
  });
  map.addLayer({
    id: "plan-arrow",
    type: "symbol",
    source: "plan-lines",
    filter: ["==", ["get", "kind"], "path"],
    layout: {
      "symbol-placement": "line-center",
      "text-field": "▶",
      "text-font": FONT,
      "text-size": 12,
      "text-keep-upright": false,
      "text-offset": [1.6, 0],
    },
    paint: { "text-color": mission, "text-halo-color": panel, "text-halo-width": 1.5 },
  });
  map.addLayer({
    id: "plan-between",
    type: "circle",
    source: "plan-points",
    filter: ["in", ["get", "kind"], ["literal", ["between", "edge", "side"]]],
    paint: {
      "circle-radius": 7,
      "circle-color": panel,
      "circle-stroke-color": ["match", ["get", "kind"], "edge", fence, mission],
      "circle-stroke-width": 1.5,
      "circle-opacity": 0.85,
    },
  });
  map.addLayer({
    id: "plan-handle",
    type: "circle",
    source: "plan-points",
    filter: ["!", ["in", ["get", "kind"], ["literal", ["item", "home", "between", "edge", "side"]]]],
    paint: {
      "circle-radius": [
        "match",
        ["get", "kind"],
        ["rally", "return"],
        12,
        "corner",
        ["case", ["boolean", ["get", "active"], false], 8, 5],
        8,
      ],
      "circle-color": [
        "match",
        ["get", "kind"],
        "rally",
        token("--rally"),
        ["corner", "center", "radius", "return"],
        fence,
        accent,
      ],
      "circle-stroke-color": panel,
      "circle-stroke-width": ["case", ["boolean", ["get", "active"], false], 4, 2],
    },
  });
  const isHome: ExpressionSpecification = ["==", ["get", "kind"], "home"];
  map.addLayer({
    id: "plan-home-ring",
    type: "circle",
    source: "plan-points",
    filter: isHome,
    paint: { "circle-radius": 15, "circle-opacity": 0, "circle-stroke-color": accent, "circle-stroke-width": 3 },
  });
  map.addLayer({
    id: "plan-item",
    type: "circle",
    source: "plan-points",
    filter: ["==", ["get", "kind"], "item"],
    layout: { "circle-sort-key": ["case", ["boolean", ["get", "active"], false], 1, 0] },
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, itemRadius(4), 15, itemRadius(11)],
      "circle-color": [
        "case",
        ["boolean", ["get", "active"], false],
        accent,
        ["==", ["get", "problem"], "error"],
        token("--danger"),
        ["boolean", ["get", "aside"], false],
        token("--stale"),
        mission,
      ],
      "circle-stroke-color": ["case", ["==", ["get", "problem"], "warning"], token("--caution-fill"), panel],
      "circle-stroke-width": ["case", ["boolean", ["get", "active"], false], 3, 2],
    },
  });
  map.addLayer({
    id: "plan-home",
    type: "circle",
    source: "plan-points",
    filter: isHome,
    paint: {
      "circle-radius": 11,
      "circle-translate": HOME_MARK_PX,
      "circle-color": accent,
      "circle-stroke-color": panel,
      "circle-stroke-width": ["case", ["boolean", ["get", "active"], false], 4, 2],
    },
  });
  map.addLayer({
    id: "plan-home-label",
    type: "symbol",
    source: "plan-points",
    filter: isHome,
    layout: { "text-field": ["get", "label"], "text-font": FONT, "text-size": 12, "text-allow-overlap": true },
    paint: { "text-color": token("--on-accent"), "text-translate": HOME_MARK_PX },
  });
  map.addLayer({
    id: "plan-label",
    type: "symbol",
    source: "plan-points",
    filter: ["all", ["has", "label"], ["!", isHome], ["!", ["all", ["boolean", ["get", "part"], false], ["!", ["boolean", ["get", "active"], false]]]]],
    layout: {
      "text-field": ["get", "label"],
      "text-font": FONT,
      "text-size": ["match", ["get", "kind"], ["between", "edge", "side"], 13, 12],
      "text-allow-overlap": ["step", ["zoom"], false, 15, true] as never,
      "symbol-sort-key": ["case", ["boolean", ["get", "active"], false], 0, 1],
    },
    paint: {
      "text-color": [
        "match",
        ["get", "kind"],
        ["between", "edge", "side"],
        text,
        ["case", ["boolean", ["get", "active"], false], token("--on-accent"), panel],
      ],
    },
  });
  map.addLayer({
    id: "plan-aircraft",
    type: "symbol",
    source: "plan-aircraft",
    layout: {
      "text-field": "▲",
      "text-font": FONT,
      "text-size": 22,
      "text-rotate": ["get", "heading"],
      "text-rotation-alignment": "map",
      "text-allow-overlap": true,
      "text-ignore-placement": true,
    },
    // Grey while its position is old: then it may be elsewhere.
    paint: {
      "text-color": ["case", ["get", "stale"], token("--stale"), text],
      "text-halo-color": panel,
      "text-halo-width": 2,
    },
  });
  map.addLayer({
    id: "plan-flow-line",
    type: "line",
    source: "plan-flow",
    filter: ["==", ["geometry-type"], "LineString"],
    paint: { "line-color": accent, "line-width": 3, "line-dasharray": [2, 1] },
  });
  map.addLayer({
    id: "plan-flow",
    type: "circle",
    source: "plan-flow",
    filter: ["==", ["geometry-type"], "Point"],
    paint: {
      "circle-radius": 7,
      "circle-color": token("--caution-fill"),
      "circle-stroke-color": text,
      "circle-stroke-width": 2.5,
    },
  });
}

export function show(map: MapLibre, part: "areas" | "lines" | "points", data: FeatureCollection): void {
  setData(map, `plan-${part}`, data);
}

/** The place that the profile points at, or an item on its way with the legs to its neighbours. */
export function showFlow(map: MapLibre, place: [number, number] | null, legs: [number, number][]): void {
  const features: Feature[] = [];
  if (place) features.push({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: place } });
  if (legs.length > 1) {
    features.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: legs } });
  }
  setData(map, "plan-flow", { type: "FeatureCollection", features });
}

/** The selected aircraft: its last place, heading in degrees, and whether it is old. */
export function showAircraft(map: MapLibre, place: [number, number] | null, heading: number, stale: boolean): void {
  const features: Feature[] = place
    ? [{ type: "Feature", properties: { heading, stale }, geometry: { type: "Point", coordinates: place } }]
    : [];
  setData(map, "plan-aircraft", { type: "FeatureCollection", features });
}

function setData(map: MapLibre, id: (typeof SOURCES)[number], data: FeatureCollection): void {
  (map.getSource(id) as GeoJSONSource | undefined)?.setData(data);
}
