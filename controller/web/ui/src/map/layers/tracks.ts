// The tracks of all aircraft on the map. They grow: only what is new goes to the map, which draws it from then on.
import type * as GeoJSON from "geojson";
import type { ExpressionSpecification, GeoJSONSource, Map as MapLibre } from "maplibre-gl";

import type { Piece, Track } from "../../lib/track";
import { token } from "../style";

export interface AircraftTrack {
  id: string;
  track: Track;
}

const SOURCE = "fly-tracks";
/** After this time, ms, the map has drawn what it was given. */
const DRAWN_MS = 1000;

/** The pieces that are lines: the first one begins as a point. */
function linesOf({ pieces }: Track): readonly Piece[] {
  return pieces[0]?.line.length === 1 ? [] : pieces;
}

export class TrackLayers {
  private readonly pieces = new Map<number, number>();
  /** Places that the map was given, and those of them that it has drawn. */
  private readonly counts = new Map<Track, number>();
  private readonly drawn = new Map<Track, number>();
  private selected = "";
  private givenMs = 0;

  constructor(private readonly map: MapLibre) {}

  /** Add the layers to a style that was just loaded, with all tracks. */
  add(tracks: readonly AircraftTrack[]): void {
    const { map } = this;
    if (map.getSource(SOURCE)) return;
    this.pieces.clear();
    const features = tracks.flatMap((one) => linesOf(one.track).map((piece) => this.give(one.id, piece)));
    this.given(tracks);
    map.addSource(SOURCE, { type: "geojson", data: { type: "FeatureCollection", features }, tolerance: 0.2 });
    const line = { type: "line", source: SOURCE, layout: { "line-join": "round", "line-cap": "round" } } as const;
    map.addLayer({ id: "fly-track-halo", ...line, paint: { "line-color": token("--panel"), "line-width": 5 } });
    map.addLayer({ id: "fly-track", ...line, paint: { "line-color": token("--track"), "line-width": this.width() } });
  }

  /** Draw the track of one aircraft wider than the others. */
  select(id: string): void {
    if (id === this.selected) return;
    this.selected = id;
    if (this.map.getLayer("fly-track")) this.map.setPaintProperty("fly-track", "line-width", this.width());
  }

  /** Give the map what is new in the tracks, at most every `everyMs` unless it has no line yet. */
  update(tracks: readonly AircraftTrack[], everyMs: number): void {
    if (this.pieces.size > 0 && performance.now() - this.givenMs < everyMs) return;
    const source = this.map.getSource<GeoJSONSource>(SOURCE);
    const changed = tracks.filter(({ track }) => this.counts.get(track) !== track.count);
    if (!source || changed.length === 0) return;
    const add: GeoJSON.Feature[] = [];
    const update: { id: number; newGeometry: GeoJSON.Geometry }[] = [];
    for (const { id, track } of changed) {
      for (const piece of linesOf(track)) {
        const before = this.pieces.get(piece.id);
        if (before === piece.version) continue;
        const feature = this.give(id, piece);
        if (before === undefined) add.push(feature);
        else update.push({ id: piece.id, newGeometry: feature.geometry });
      }
    }
    void source.updateData({ add, update, remove: this.gone(tracks) });
    this.given(changed);
  }

  /** How many places of a track the map has drawn. */
  placesDrawn(track: Track): number {
    return this.drawn.get(track) ?? 0;
  }

  private given(tracks: readonly AircraftTrack[]): void {
    this.givenMs = performance.now();
    const counts = tracks.map(({ track }) => [track, track.count] as const);
    for (const [track, count] of counts) this.counts.set(track, count);
    setTimeout(() => {
      for (const [track, count] of counts) this.drawn.set(track, count);
    }, DRAWN_MS);
  }

  /** Pieces that were joined to others since. */
  private gone(tracks: readonly AircraftTrack[]): number[] {
    const count = tracks.reduce((sum, { track }) => sum + linesOf(track).length, 0);
    if (count === this.pieces.size) return [];
    const known = new Set(tracks.flatMap(({ track }) => linesOf(track).map((piece) => piece.id)));
    const gone = [...this.pieces.keys()].filter((id) => !known.has(id));
    for (const id of gone) this.pieces.delete(id);
    return gone;
  }

  private give(aircraft: string, piece: Piece): GeoJSON.Feature {
    this.pieces.set(piece.id, piece.version);
    const geometry = { type: "LineString", coordinates: piece.line } as const;
    return { type: "Feature", id: piece.id, geometry, properties: { aircraft } };
  }

  private width(): ExpressionSpecification {
    return ["case", ["==", ["get", "aircraft"], this.selected], 3, 1.5];
  }
}
