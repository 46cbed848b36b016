// Tiles of the operator's maps: asked for with the login, a missing one shows the coarser map, a broken one is told.
import { t } from "../lib/i18n.svelte";
import { addProtocol, AJAXError, type Map as MapLibre } from "maplibre-gl";

import { credentials } from "../lib/session.svelte";
import { maps } from "./maps.svelte";

const SCHEME = "landline";
/** A tile that could not be read is asked for again after this time. */
const AGAIN_MS = 20_000;

export function tileUrl(id: string, version: string): string {
  return `${SCHEME}://${id}/{z}/{x}/{y}?v=${version}`;
}

let added = false;

/** Answer the addresses of `tileUrl`; once for all maps of the page. */
export function serveTiles(): void {
  if (added) return;
  added = true;
  addProtocol(SCHEME, async ({ url }, abort) => {
    const path = url.slice(`${SCHEME}://`.length);
    const id = path.slice(0, path.indexOf("/"));
    const response = await fetch(`/maps/${path}`, { headers: credentials(), signal: abort.signal });
    const missing = response.status === 204;
    if (response.ok && !missing) return { data: await response.arrayBuffer() };
    if (!missing && response.status !== 499) {
      const said = (await response.json().catch(() => ({}))) as { error?: string };
      maps.tileErrors[id] = said.error ?? t("server.answered", { status: response.status });
    }
    // As for a tile that does not exist: the coarser one shows through.
    throw new AJAXError(404, "no tile", url, new Blob());
  });
}

/** Ask again for tiles that could not be read, while there are some. Returns a function that ends this. */
export function retryTiles(map: MapLibre): () => void {
  const timer = setInterval(() => {
    for (const id of Object.keys(maps.tileErrors)) {
      delete maps.tileErrors[id];
      if (map.getSource(`map-${id}`)) map.refreshTiles(`map-${id}`);
    }
  }, AGAIN_MS);
  return () => clearInterval(timer);
}
