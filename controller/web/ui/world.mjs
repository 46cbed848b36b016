// Writes public/maps/world.json: the countries of Natural Earth (1:50 million) as GeoJSON, for the map without a network.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { feature } from "topojson-client";

const world = JSON.parse(await readFile("node_modules/world-atlas/countries-50m.json", "utf8"));
const countries = feature(world, world.objects.countries);
// Three decimals are 100 m, finer than the outlines; numbers a quarter as long.
const rounded = JSON.stringify(countries, (key, value) =>
  typeof value === "number" && key !== "id" ? Math.round(value * 1000) / 1000 : value,
);
await mkdir("public/maps", { recursive: true });
await writeFile("public/maps/world.json", rounded);
