// A canvas above the map for what moves. It is drawn in the map's own frame while the map moves, and alone when only
// the aircraft do: the map itself is then not drawn again, which on a machine without a graphics card costs most.
import type { Map as MapLibre } from "maplibre-gl";

import { token } from "../style";
import { Stamps } from "./stamps";

export type Point = [number, number];

/** Colours of the theme, read once for each theme. */
export interface Palette {
  panel: string;
  text: string;
  quiet: string;
  line: string;
  accent: string;
  armed: string;
  onArmed: string;
  stale: string;
  staleFill: string;
  danger: string;
  onDanger: string;
  mission: string;
  rally: string;
  fence: string;
  track: string;
  font: string;
}

function readPalette(): Palette {
  return {
    panel: token("--panel"),
    text: token("--text"),
    quiet: token("--text-quiet"),
    line: token("--line"),
    accent: token("--accent"),
    armed: token("--armed"),
    onArmed: token("--on-armed"),
    stale: token("--stale"),
    staleFill: token("--stale-fill"),
    danger: token("--danger"),
    onDanger: token("--on-danger"),
    mission: token("--mission"),
    rally: token("--rally"),
    fence: token("--fence"),
    track: token("--track"),
    font: getComputedStyle(document.body).fontFamily,
  };
}

/** What a drawing gets: the canvas in CSS pixels, and the place of a latitude and longitude on it. */
export interface Sheet {
  ctx: CanvasRenderingContext2D;
  palette: Palette;
  stamps: Stamps;
  /** Pixels of the canvas by pixels of CSS. */
  scale: number;
  width: number;
  height: number;
  /** Of the map. */
  zoom: number;
  bearing_deg: number;
  at: (lat_deg: number, lon_deg: number) => Point;
}

export class MapOverlay {
  private readonly canvas = document.createElement("canvas");
  private readonly ctx = this.canvas.getContext("2d")!;
  private readonly stamps = new Stamps();
  private palette = readPalette();
  private frame = 0;
  private scale = 1;
  /** CSS pixels of the map. Asking the page for them in each frame would make the browser lay it out once more. */
  size = { width: 0, height: 0 };

  constructor(
    private readonly map: MapLibre,
    private readonly draw: (sheet: Sheet) => void,
  ) {
    this.canvas.setAttribute("aria-hidden", "true");
    Object.assign(this.canvas.style, { position: "absolute", inset: "0", pointerEvents: "none" });
    map.getContainer().append(this.canvas);
    map.on("render", this.now);
    map.on("resize", this.resized);
    this.resized();
  }

  /** Draw in the next frame, however often this is called before it. */
  readonly soon = (): void => {
    this.frame ||= requestAnimationFrame(this.now);
  };

  /** Take the colours of the theme anew. */
  recolour(): void {
    this.palette = readPalette();
    this.stamps.clear();
    this.soon();
  }

  remove(): void {
    cancelAnimationFrame(this.frame);
    this.map.off("render", this.now);
    this.map.off("resize", this.resized);
    this.canvas.remove();
    this.stamps.clear();
  }

  private readonly resized = (): void => {
    const { clientWidth: width, clientHeight: height } = this.map.getContainer();
    this.size = { width, height };
    this.now();
  };

  private readonly now = (): void => {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { width, height } = this.size;
    const scale = devicePixelRatio;
    if (scale !== this.scale) this.stamps.clear();
    this.scale = scale;
    if (this.canvas.width !== Math.round(width * scale) || this.canvas.height !== Math.round(height * scale)) {
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
      Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    }
    this.ctx.setTransform(scale, 0, 0, scale, 0, 0);
    this.ctx.clearRect(0, 0, width, height);
    const middle = this.map.getCenter().lng;
    const at = (lat_deg: number, lon_deg: number): Point => {
      // The copy of the world nearest to the middle of the map: across the antimeridian too.
      const { x, y } = this.map.project([lon_deg + 360 * Math.round((middle - lon_deg) / 360), lat_deg]);
      return [x, y];
    };
    this.draw({
      ctx: this.ctx,
      palette: this.palette,
      stamps: this.stamps,
      scale,
      width,
      height,
      zoom: this.map.getZoom(),
      bearing_deg: this.map.getBearing(),
      at,
    });
  };
}

const widths = new Map<string, number>();

/** A label on a plate, so that it can be read above any map; `at` is the middle of its left or its centre. */
export function plate(
  { ctx, palette, stamps, scale }: Sheet,
  text: string,
  [x, y]: Point,
  { size = 12, bold = false, centred = false, fill = palette.panel, ink = palette.text, edge = "" } = {},
): void {
  const font = `${bold ? 700 : 500} ${size}px ${palette.font}`;
  const key = `${font}|${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size > 2000) widths.clear();
    ctx.font = font;
    width = ctx.measureText(text).width;
    widths.set(key, width);
  }
  const room = { left: 6, top: size * 0.75 + 2, right: width + 6, bottom: size * 0.75 + 2 };
  stamps.draw(ctx, scale, `${key}|${fill}|${ink}|${edge}`, [centred ? x - width / 2 : x, y], room, (inside) => {
    inside.font = font;
    inside.fillStyle = fill;
    inside.beginPath();
    inside.roundRect(-4, -size * 0.75, width + 8, size * 1.5, 4);
    inside.fill();
    if (edge) {
      inside.strokeStyle = edge;
      inside.lineWidth = 1.5;
      inside.stroke();
    }
    inside.fillStyle = ink;
    inside.textAlign = "left";
    inside.textBaseline = "middle";
    inside.fillText(text, 0, 0.5);
  });
}
