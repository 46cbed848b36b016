// Pointer on the map of the plan: click, drag of a point, box of a selection. One listener set for the life of the map.
import type { Map as MapLibre, MapMouseEvent, MapTouchEvent, PointLike } from "maplibre-gl";

import { editor } from "../editor.svelte";
import type { LatLon } from "../model";
import { clicked, finishShape, SHAPES } from "../placing";
import { dragTo, grown, pick } from "./drag";
import { HOME_MARK_PX, POINT_LAYERS } from "./layers";
import type { Handle } from "./scene";

type PointerEvent_ = MapMouseEvent | MapTouchEvent;
/** Pixels around the pointer in which a point is taken; a finger needs more. */
const REACH_PX = 6;
const REACH_TOUCH_PX = 16;
const MOVES_AFTER_PX = 4;
/** With more items than this the whole plan is drawn again when a point is dropped, not at every step of the pointer. */
const LIVE_UP_TO = 150;

interface Drag {
  handle: Handle;
  start: { x: number; y: number };
  moves: boolean;
}

export function attach(map: MapLibre, onBox: (box: [number, number, number, number] | null) => void): void {
  let drag: Drag | null = null;
  let box: { x: number; y: number } | null = null;
  let next: LatLon | null = null;
  map.boxZoom.disable();

  function under(event: PointerEvent_): Handle | null {
    const reach = event.type.startsWith("touch") ? REACH_TOUCH_PX : REACH_PX;
    const { x, y } = event.point;
    const area: [PointLike, PointLike] = [
      [x - reach, y - reach],
      [x + reach, y + reach],
    ];
    const layers = POINT_LAYERS.filter((one) => map.getLayer(one));
    const found = map.queryRenderedFeatures(area, { layers })[0];
    return found ? (found.properties as unknown as Handle) : null;
  }

  function down(event: PointerEvent_): void {
    if (event instanceof Object && "points" in event && event.points.length > 1) return;
    const original = event.originalEvent as MouseEvent;
    if ("button" in original && original.button > 0) return;
    const handle = under(event);
    const drawing = editor.tool in SHAPES;
    if (handle && !(drawing && handle.index >= 0)) {
      event.preventDefault(); // the map stays where it is
      if (handle.kind === "outline" && handle.index < 0) {
        if (handle.sub === 0) finishShape();
        return;
      }
      pick(handle, original.shiftKey || original.ctrlKey || original.metaKey);
      drag = { handle, start: event.point, moves: false };
    } else if (original.shiftKey && editor.tool === "select") {
      event.preventDefault();
      box = event.point;
    }
  }

  function move(event: PointerEvent_): void {
    const { x, y } = event.point;
    if (box) onBox([Math.min(box.x, x), Math.min(box.y, y), Math.abs(x - box.x), Math.abs(y - box.y)]);
    else if (drag) {
      if (!drag.moves && Math.hypot(x - drag.start.x, y - drag.start.y) < MOVES_AFTER_PX) return;
      const place = draggedTo(drag.handle, event);
      if (!drag.moves) drag = { ...drag, moves: true, handle: grown(drag.handle, place) };
      if (next === null) requestAnimationFrame(step);
      next = place;
    } else if (event.type === "mousemove") {
      map.getCanvas().style.cursor = under(event) ? "move" : editor.tool === "select" ? "" : "crosshair";
    }
  }

  /** The place of a handle under the pointer; the mark of home stands beside its place. */
  function draggedTo({ kind }: Handle, { point, lngLat }: PointerEvent_): LatLon {
    const [right, down] = HOME_MARK_PX;
    const to = (kind === "home" ? map.unproject([point.x - right, point.y - down]) : lngLat).wrap();
    return [to.lat, to.lng];
  }

  /** One change a frame, however often the pointer tells; of a large plan one when it is dropped. */
  function step(): void {
    if (drag && next) {
      const { handle } = drag;
      if (handle.kind === "item" && editor.plan.items.length > LIVE_UP_TO) editor.ghost = { index: handle.index, place: next };
      else dragTo(handle, next);
    }
    next = null;
  }

  function drop(): void {
    step();
    if (drag && editor.ghost) dragTo(drag.handle, editor.ghost.place);
    editor.ghost = null;
    editor.endMerge();
  }

  function up(event: PointerEvent_): void {
    if (box) {
      const { x, y } = event.point;
      selectIn([Math.min(box.x, x), Math.min(box.y, y)], [Math.max(box.x, x), Math.max(box.y, y)]);
      onBox(null);
    }
    if (drag && !drag.moves && "label" in drag.handle && drag.handle.label === "+") {
      grown(drag.handle, [event.lngLat.lat, event.lngLat.wrap().lng]);
    }
    if (drag?.moves) drop();
    drag = null;
    box = null;
  }

  function selectIn(from: [number, number], to: [number, number]): void {
    const found = map.queryRenderedFeatures([from, to], { layers: ["plan-item"] });
    editor.select([...editor.selected, ...found.map((one) => Number(one.properties["index"]))]);
    editor.tab = "items";
  }

  map.on("mousedown", down);
  map.on("touchstart", down);
  map.on("mousemove", move);
  map.on("touchmove", move);
  map.on("mouseup", up);
  map.on("touchend", up);
  map.on("click", (event) => {
    if (under(event) && !(editor.tool in SHAPES)) return;
    if (!event.originalEvent.shiftKey) clicked([event.lngLat.lat, event.lngLat.wrap().lng]);
  });
  map.on("dblclick", (event) => {
    if (!(editor.tool in SHAPES)) return;
    event.preventDefault();
    editor.drawn = editor.drawn.slice(0, -1); // the second click of the two
    finishShape();
  });
}
