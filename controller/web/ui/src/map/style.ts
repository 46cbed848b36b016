// The base map: outlines of the world (Natural Earth) in the colours of the theme, and a grid where nothing else is.
import type { StyleSpecification } from "maplibre-gl";

/** A colour of the theme by its token. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function baseStyle(): StyleSpecification {
  return {
    version: 8,
    sources: { world: { type: "geojson", data: "/maps/world.json", attribution: "Natural Earth" } },
    layers: [
      { id: "water", type: "background", paint: { "background-color": token("--map-water") } },
      { id: "land", type: "fill", source: "world", paint: { "fill-color": token("--map-land") } },
      {
        id: "borders",
        type: "line",
        source: "world",
        paint: { "line-color": token("--map-border"), "line-width": 0.8 },
      },
    ],
  };
}
