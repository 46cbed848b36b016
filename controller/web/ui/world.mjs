// Writes public/maps/world.json: land, borders, coast and names of Natural Earth (1:50 million) for a flat map.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { feature, mesh } from "topojson-client";

import { cutLine, cutPolygon } from "./world/cut.mjs";
import { namesOf } from "./world/names.mjs";

const world = JSON.parse(await readFile("node_modules/world-atlas/countries-50m.json", "utf8"));
const countries = feature(world, world.objects.countries).features;
const land = feature(world, world.objects.land).features;

const polygons = (features) =>
  features.flatMap(({ geometry }) =>
    !geometry ? [] : geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates,
  );
// Three decimals are 100 m, finer than the outlines; numbers a quarter as long.
const rounded = (value) => (typeof value === "number" ? Math.round(value * 1000) / 1000 : value.map(rounded));
const layer = (name, type, coordinates) => ({
  type: "Feature",
  properties: { layer: name },
  geometry: { type, coordinates: rounded(coordinates) },
});

const lines = (which) => mesh(world, world.objects.countries, which).coordinates.flatMap(cutLine);
await mkdir("public/maps", { recursive: true });
await writeFile(
  "public/maps/world.json",
  JSON.stringify({
    type: "FeatureCollection",
    features: [
      layer("land", "MultiPolygon", polygons(land).flatMap(cutPolygon)),
      layer("border", "MultiLineString", lines((a, b) => a !== b)),
      layer("coast", "MultiLineString", lines((a, b) => a === b)),
      ...namesOf(countries, polygons),
    ],
  }),
);
