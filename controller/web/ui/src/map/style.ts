// The base map: land, borders, coast and names of the world (Natural Earth), and a grid, in the colours of the theme.
import type { ExpressionSpecification, StyleSpecification } from "maplibre-gl";

import type { Language } from "../lib/i18n.svelte";
import { EMPTY, type GridData } from "./grid";

/** Maps of the operator are drawn below this layer, whatever a view adds is drawn above all layers of the style. */
export const ABOVE_MAPS = "grid";
/** Fonts of this machine: the page loads none. */
export const FONT = ["Noto Sans", "Segoe UI", "DejaVu Sans", "sans-serif"];

/** A colour of the theme by its token. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const part = (layer: string): ExpressionSpecification => ["==", ["get", "layer"], layer];

/** The name of a country in the language of the page; in English where the browser knows no other. */
function countryName(language: Language): ExpressionSpecification {
  const names = new Intl.DisplayNames([language], { type: "region", fallback: "none" });
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const known = letters
    .flatMap((a) => letters.map((b) => a + b))
    .map((code): [string, string | undefined] => [code, names.of(code)])
    .filter((pair): pair is [string, string] => pair[1] !== undefined);
  if (language === "en" || known.length === 0) return ["get", "name"];
  return ["match", ["get", "code"], ...known.flat(), ["get", "name"]] as unknown as ExpressionSpecification;
}

export function baseStyle(language: Language, grid: GridData = EMPTY): StyleSpecification {
  const halo = { "text-halo-color": token("--map-halo"), "text-halo-width": 1.5 };
  return {
    version: 8,
    sources: {
      world: { type: "geojson", data: "/maps/world.json", tolerance: 0.2 },
      grid: { type: "geojson", data: grid },
    },
    layers: [
      // Land, until the outlines are loaded: a map that is all water would be wrong under most aircraft.
      { id: "water", type: "background", paint: { "background-color": token("--map-land") } },
      {
        id: "land",
        type: "fill",
        source: "world",
        filter: part("land"),
        paint: { "fill-color": token("--map-land"), "fill-antialias": false },
      },
      {
        id: "coast",
        type: "line",
        source: "world",
        filter: part("coast"),
        paint: { "line-color": token("--map-border"), "line-width": 0.8 },
      },
      {
        id: "borders",
        type: "line",
        source: "world",
        filter: part("border"),
        paint: { "line-color": token("--map-border"), "line-width": 0.8, "line-dasharray": [4, 2] },
      },
      {
        id: "countries",
        type: "symbol",
        source: "world",
        filter: ["all", part("name"), [">=", ["zoom"], ["get", "zoom"]]],
        maxzoom: 7,
        layout: {
          "text-field": countryName(language),
          "text-font": FONT,
          "text-size": 12,
          "text-max-width": 7,
          "text-padding": 6,
        },
        paint: { "text-color": token("--map-label"), ...halo },
      },
      {
        id: "grid",
        type: "line",
        source: "grid",
        filter: ["==", ["geometry-type"], "LineString"],
        paint: { "line-color": token("--map-grid"), "line-width": 0.7 },
      },
      {
        id: "grid-labels",
        type: "symbol",
        source: "grid",
        filter: ["==", ["geometry-type"], "Point"],
        layout: {
          "text-field": ["get", "text"],
          "text-font": FONT,
          "text-size": 11,
          "text-anchor": ["get", "anchor"] as unknown as "left",
          "text-offset": ["match", ["get", "anchor"], "left", ["literal", [0.4, -0.7]], ["literal", [0, -0.5]]],
          "text-allow-overlap": true,
        },
        paint: { "text-color": token("--map-label"), ...halo },
      },
    ],
  };
}
