// Layers of the operator's maps, below everything that a view draws: pictures, vector maps, relief, and their borders.
import type { AddLayerObject, GeoJSONSource, Map as MapLibre } from "maplibre-gl";

import type { Language } from "../lib/i18n.svelte";
import { OUTLINES_TO, shownZooms } from "./coverage";
import { maps, RELIEF, type UsableMap } from "./maps.svelte";
import { ABOVE_MAPS, token } from "./style";
import { tileUrl } from "./tiles";
import { fades, needsLand, vectorLayers } from "./vector";

const OWN = "map-";
const BORDERS = `${OWN}borders`;
const RELIEF_SOURCE = `${OWN}${RELIEF}`;

const sourceOf = (entry: UsableMap) => `${OWN}${entry.id}`;

/** What is added now, by map: its layers, topmost last. */
type Added = Map<string, string[]>;
const added = new WeakMap<MapLibre, Added>();

/** Forget what was added: the style was loaded anew. After a loss of the graphics processor it still has our layers. */
export function forget(map: MapLibre): void {
  added.delete(map);
  const { layers, sources } = map.getStyle();
  const own = (source: unknown) => typeof source === "string" && source.startsWith(OWN);
  for (const layer of layers) if ("source" in layer && own(layer.source)) map.removeLayer(layer.id);
  for (const source of Object.keys(sources)) if (own(source)) map.removeSource(source);
}

/** Bring the layers of a map to what the operator wants. */
export function showMaps(map: MapLibre, language: Language, panelOpen: boolean): void {
  if (!map.getLayer(ABOVE_MAPS)) return;
  const before = added.get(map) ?? new Map<string, string[]>();
  added.set(map, before);
  // The lowest first; each is moved to the top of the maps, so that the order is the operator's.
  const wanted = [...maps.shown].reverse();
  const ids = new Set(wanted.map((entry) => `${entry.id} ${entry.version}`));
  for (const [key, layers] of before)
    if (!ids.has(key) && key !== RELIEF) {
      for (const layer of layers) map.removeLayer(layer);
      const source = `${OWN}${key.split(" ")[0]}`;
      for (const one of [source, `${source}-land`]) if (map.getSource(one)) map.removeSource(one);
      before.delete(key);
    }
  for (const entry of wanted) {
    const key = `${entry.id} ${entry.version}`;
    if (!before.has(key)) before.set(key, addMap(map, entry, language));
    for (const layer of before.get(key) ?? []) {
      map.moveLayer(layer, ABOVE_MAPS);
      fade(map, layer, maps.wish(entry.id).opacity);
    }
  }
  showRelief(map, before);
  showBorders(map, panelOpen);
}

function addMap(map: MapLibre, entry: UsableMap, language: Language): string[] {
  const { info } = entry;
  const source = sourceOf(entry);
  const tiles = {
    tiles: [tileUrl(entry.id, entry.version)],
    bounds: info.bounds,
    minzoom: info.min_zoom,
    maxzoom: info.max_zoom,
  };
  if (info.vector) map.addSource(source, { type: "vector", ...tiles, ...({ sparse: true } as object) });
  else map.addSource(source, { type: "raster", tileSize: 256, ...tiles });
  const layers: AddLayerObject[] = info.vector
    ? vectorLayers(entry, source, language)
    : [{ id: source, type: "raster", source, paint: { "raster-fade-duration": 0 } }];
  if (info.vector && needsLand(info)) layers.unshift(landBelow(map, entry));
  const [first, last] = shownZooms(entry);
  for (const layer of layers) {
    map.addLayer(layer, ABOVE_MAPS);
    map.setLayerZoomRange(layer.id, Math.max(first, "minzoom" in layer ? (layer.minzoom ?? 0) : 0), Math.min(24, last));
  }
  return layers.map((layer) => layer.id);
}

/** A layer of land in the area of a map, from the zoom on at which the outlines of the world are no map any more. */
function landBelow(map: MapLibre, entry: UsableMap): AddLayerObject {
  const id = `${sourceOf(entry)}-land`;
  const outline = rectangle(entry.info.bounds, entry.name).geometry as GeoJSON.LineString;
  map.addSource(id, { type: "geojson", data: { type: "Polygon", coordinates: [outline.coordinates] } });
  return { id, type: "fill", source: id, minzoom: OUTLINES_TO, paint: { "fill-color": token("--map-land") } };
}

function fade(map: MapLibre, layer: string, opacity: number): void {
  const type = map.getLayer(layer)?.type;
  for (const property of fades(type)) map.setPaintProperty(layer, property, opacity);
}

function showRelief(map: MapLibre, before: Added): void {
  const wish = maps.wish(RELIEF);
  const wanted = !wish.hidden && maps.terrain.length > 0;
  if (!wanted && before.has(RELIEF)) {
    map.removeLayer(RELIEF_SOURCE);
    map.removeSource(RELIEF_SOURCE);
    before.delete(RELIEF);
  }
  if (!wanted) return;
  if (!before.has(RELIEF)) {
    const { min_zoom, max_zoom } = maps.listed!.hillshade;
    map.addSource(RELIEF_SOURCE, {
      type: "raster",
      tileSize: 256,
      tiles: [tileUrl(RELIEF, "1")],
      minzoom: min_zoom,
      maxzoom: max_zoom,
    });
    map.addLayer({ id: RELIEF_SOURCE, type: "raster", source: RELIEF_SOURCE, paint: { "raster-fade-duration": 0 } });
    before.set(RELIEF, [RELIEF_SOURCE]);
  }
  map.moveLayer(RELIEF_SOURCE, ABOVE_MAPS);
  map.setPaintProperty(RELIEF_SOURCE, "raster-opacity", wish.opacity);
}

/** A rectangle around each map while the list of maps is open. */
function showBorders(map: MapLibre, wanted: boolean): void {
  const data: GeoJSON.FeatureCollection = {
    type: "FeatureCollection",
    features: wanted ? maps.usable.map(({ name, info }) => rectangle(info.bounds, info.title || name)) : [],
  };
  const source = map.getSource<GeoJSONSource>(BORDERS);
  if (source) source.setData(data);
  else if (wanted) {
    map.addSource(BORDERS, { type: "geojson", data });
    map.addLayer({
      id: BORDERS,
      type: "line",
      source: BORDERS,
      paint: { "line-color": token("--accent"), "line-width": 2, "line-dasharray": [3, 2] },
    });
  }
}

function rectangle([west, south, east, north]: [number, number, number, number], name: string): GeoJSON.Feature {
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
  return { type: "Feature", properties: { name }, geometry: { type: "LineString", coordinates: ring } };
}
