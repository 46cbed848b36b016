// A plain style for vector maps in the common schemas (Protomaps, OpenMapTiles, Shortbread), in the theme's colours.
// It stays calm, so that aircraft, missions and fences stand out; layers of other schemas are drawn as outlines.
import type { AddLayerObject, ExpressionSpecification, FilterSpecification } from "maplibre-gl";

import type { Language } from "../lib/i18n.svelte";
import type { UsableMap } from "./maps.svelte";
import { FONT, token } from "./style";

type Part = "land" | "green" | "site" | "water" | "river" | "building" | "rail" | "road" | "border" | "power" | "place" | "name";

/** What each layer of the three schemas is; a layer with roads and rails is drawn as both. */
const KNOWN: Record<string, Part[]> = {
  // Protomaps
  earth: ["land"],
  landuse: ["green"],
  landcover: ["green"],
  natural: ["green"],
  water: ["water", "river"],
  roads: ["road", "rail", "name"],
  transit: ["rail"],
  buildings: ["building"],
  boundaries: ["border"],
  places: ["place"],
  pois: [],
  physical_line: ["river"],
  physical_point: [],
  // OpenMapTiles
  park: ["green"],
  waterway: ["river"],
  transportation: ["road", "rail"],
  aeroway: ["road"],
  building: ["building"],
  boundary: ["border"],
  place: ["place"],
  transportation_name: ["name"],
  water_name: [],
  mountain_peak: ["place"],
  aerodrome_label: ["place"],
  housenumber: [],
  poi: [],
  globallandcover: ["green"],
  // Shortbread
  ocean: ["water"],
  land: ["green"],
  sites: ["site"],
  water_polygons: ["water"],
  water_lines: ["river"],
  water_polygons_labels: [],
  water_lines_labels: [],
  dam_polygons: ["building"],
  dam_lines: ["border"],
  pier_polygons: ["building"],
  pier_lines: ["border"],
  bridges: ["building"],
  streets: ["road", "rail"],
  street_polygons: ["building"],
  streets_polygons_labels: [],
  street_labels: ["name"],
  streets_labels_points: [],
  street_labels_points: [],
  aerialways: ["power"],
  ferries: ["border"],
  public_transport: [],
  addresses: [],
  boundary_labels: [],
  place_labels: ["place"],
};

const GREEN = [
  "forest", "wood", "park", "grass", "grassland", "meadow", "scrub", "farmland", "orchard", "vineyard", "nature_reserve",
  "national_park", "protected_area", "garden", "golf_course", "wetland", "cemetery", "allotments", "farmyard", "heath", "crop", "tree",
  "shrub", "recreation_ground", "village_green", "pitch", "swamp", "marsh", "bog", "string_bog", "wet_meadow", "grave_yard", "playground", "plant_nursery",
];
const ICE = ["glacier", "ice_shelf"];
const RAIL = ["rail", "railway", "transit", "light_rail", "tram", "subway", "narrow_gauge", "funicular", "monorail"];
const MAJOR = [
  "highway", "major_road", "motorway", "trunk", "primary", "secondary", "motorway_link", "trunk_link", "primary_link",
];
const MEDIUM = ["tertiary", "minor_road", "medium_road", "residential", "unclassified", "minor", "living_street", "runway"];

/** The word by which a feature is sorted: it has another name in each schema. */
const KIND: ExpressionSpecification = ["coalesce", ["get", "kind"], ["get", "class"], ["get", "pmap:kind"], ""];
const among = (words: string[]): ExpressionSpecification => ["in", KIND, ["literal", words]];
const AREA: ExpressionSpecification = ["match", ["geometry-type"], ["Polygon", "MultiPolygon"], true, false];
const LINE: ExpressionSpecification = ["match", ["geometry-type"], ["LineString", "MultiLineString"], true, false];
const POINT: ExpressionSpecification = ["match", ["geometry-type"], ["Point", "MultiPoint"], true, false];

type Opacity = "text-opacity" | "fill-opacity" | "line-opacity" | "circle-opacity" | "raster-opacity";

/** Properties by which a layer of a type is made transparent. */
export function fades(type: string | undefined): Opacity[] {
  switch (type) {
    case "symbol":
      return ["text-opacity"];
    case "fill":
    case "line":
    case "circle":
    case "raster":
      return [`${type}-opacity`];
    default:
      return [];
  }
}

/** A width that grows with the zoom, from `from` px at zoom 10 to `to` px at zoom 18. */
const width = (from: number, to: number): ExpressionSpecification => [
  "interpolate",
  ["exponential", 1.6],
  ["zoom"],
  10,
  from,
  18,
  to,
];

function layersOf(part: Part, id: string, of: { source: string; "source-layer": string }, text: ExpressionSpecification): AddLayerObject[] {
  const fill = (colour: string, filter: FilterSpecification = AREA): AddLayerObject => ({
    id,
    type: "fill",
    ...of,
    filter,
    paint: { "fill-color": token(colour) },
  });
  const line = (colour: string, size: ExpressionSpecification | number, filter: FilterSpecification = LINE, dash?: number[]): AddLayerObject => ({
    id,
    type: "line",
    ...of,
    filter,
    layout: { "line-cap": dash ? "butt" : "round", "line-join": "round" },
    paint: { "line-color": token(colour), "line-width": size, ...(dash ? { "line-dasharray": dash } : {}) },
  });
  const label = (size: ExpressionSpecification | number, along: boolean): AddLayerObject => ({
    id,
    type: "symbol",
    ...of,
    filter: along ? LINE : POINT,
    minzoom: along ? 14 : 0,
    layout: {
      "text-field": text,
      "text-font": FONT,
      "text-size": size,
      "text-max-width": 8,
      "symbol-placement": along ? "line" : "point",
    },
    paint: { "text-color": token("--map-label"), "text-halo-color": token("--map-halo"), "text-halo-width": 1.5 },
  });
  switch (part) {
    case "land":
      return [fill("--map-land")];
    case "green":
      return [fill("--map-green", ["all", AREA, among(GREEN)])];
    case "site":
      // Danger areas, hospitals, schools, prisons: their outlines matter to a flight.
      return [line("--map-border", 1.2, AREA, [2, 2])];
    case "water":
      return [fill("--map-water", ["all", AREA, ["!", among(ICE)]])];
    case "river":
      return [{ ...line("--map-water", width(0.6, 5)), id: `${id}-line` } as AddLayerObject];
    case "building":
      return [{ ...fill("--map-building"), minzoom: 13 } as AddLayerObject];
    case "rail":
      return [{ ...line("--map-rail", width(0.5, 2.5), ["all", LINE, among(RAIL)], [3, 2]), id: `${id}-rail` } as AddLayerObject];
    case "road":
      return [
        line("--map-road", ["interpolate", ["exponential", 1.6], ["zoom"],
          8, ["case", among(MAJOR), 0.8, 0],
          12, ["case", among(MAJOR), 2, among(MEDIUM), 0.8, 0.3],
          18, ["case", among(MAJOR), 14, among(MEDIUM), 9, 2.5]],
          ["all", LINE, ["!", among([...RAIL, "ferry"])]]),
      ];
    case "border":
      return [line("--map-border", 0.8, LINE, [4, 2])];
    case "power":
      return [line("--map-power", width(0.8, 2), LINE, [1, 2])];
    case "place":
      return [label(["match", KIND, ["country"], 14, ["city", "locality", "town", "capital", "state_capital"], 13, 11], false)];
    case "name":
      return [label(11, true)];
  }
}

/** A layer of another schema: outlines and points, so that what the map holds is seen. */
function outlines(id: string, of: { source: string; "source-layer": string }): AddLayerObject[] {
  return [
    { id, type: "line", ...of, paint: { "line-color": token("--map-border"), "line-width": 0.8 } },
    {
      id: `${id}-point`,
      type: "circle",
      ...of,
      filter: POINT,
      paint: { "circle-color": token("--map-border"), "circle-radius": 2 },
    },
  ];
}

const LOWEST_FIRST: Part[] = [
  "land", "green", "site", "water", "river", "building", "rail", "road", "border", "power", "name", "place",
];

/** Whether a map has water and no land: the outlines of the world are too coarse to be the land beside its water. */
export function needsLand({ layers }: UsableMap["info"]): boolean {
  return !layers.includes("earth") && layers.some((name) => ["ocean", "water", "water_polygons"].includes(name));
}

/** Layers of the style for a vector map, the lowest first. */
export function vectorLayers(entry: UsableMap, source: string, language: Language): AddLayerObject[] {
  const text: ExpressionSpecification = [
    "coalesce",
    ["get", `name:${language}`],
    ["get", `name_${language}`],
    ["get", "name"],
    "",
  ];
  const parts = entry.info.layers.map((name) => ({
    name,
    of: { source, "source-layer": name },
    // Lines of the power grid are no part of the schemas: makers of maps add a layer with such a name.
    parts: KNOWN[name] ?? (/power|catenary|obstacle/i.test(name) ? (["power"] as Part[]) : null),
  }));
  const known = LOWEST_FIRST.flatMap((part) =>
    parts
      .filter((one) => one.parts?.includes(part))
      .flatMap((one) => layersOf(part, `${source}-${one.name}-${part}`, one.of, text)),
  );
  const unknown = parts.filter((one) => one.parts === null).flatMap((one) => outlines(`${source}-${one.name}`, one.of));
  return [...known, ...unknown];
}
