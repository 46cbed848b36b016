// What the map shows now, for the line below it and the list of maps; kept while the operator changes the view.
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";

import { type Bounds, EMPTY, gridOf } from "./grid";

export class MapView {
  lat = $state(0);
  lon = $state(0);
  zoom = $state(0);
  bearing = $state(0);
  bounds = $state.raw<Bounds>({ west: 0, south: 0, east: 0, north: 0 });
  /** Latitude and longitude under the pointer; null while it is elsewhere. */
  pointer = $state.raw<[number, number] | null>(null);

  /** Follow a map until it is removed. */
  follow(map: MapLibre): void {
    const update = (): void => this.update(map);
    map.on("move", update);
    map.on("mousemove", ({ lngLat }) => (this.pointer = [lngLat.lat, lngLat.wrap().lng]));
    map.on("mouseout", () => (this.pointer = null));
    update();
  }

  private update(map: MapLibre): void {
    const { lat, lng } = map.getCenter().wrap();
    this.lat = lat;
    this.lon = lng;
    this.zoom = map.getZoom();
    this.bearing = map.getBearing();
    this.bounds = boundsOf(map);
    last = { center: [lng, lat], zoom: this.zoom, bearing: this.bearing };
  }
}

/** The place that was shown last, in whatever view of the page. */
export let last: { center: [number, number]; zoom: number; bearing: number } | null = null;

/** Draw the grid of what is shown after each move, where `shown` says so. Returns a function that draws it now. */
export function followWithGrid(map: MapLibre, shown: () => boolean): () => void {
  const draw = (): void => {
    const source = map.getSource<GeoJSONSource>("grid");
    source?.setData(shown() ? gridOf(boundsOf(map), map.getContainer().clientWidth, map.getContainer().clientHeight) : EMPTY);
  };
  map.on("moveend", draw);
  map.on("style.load", draw);
  return draw;
}

function boundsOf(map: MapLibre): Bounds {
  const box = map.getBounds();
  return { west: box.getWest(), south: box.getSouth(), east: box.getEast(), north: box.getNorth() };
}
