// Aircraft on the map: an outline by kind that points to the heading. Armed ones are filled and have a ring, disarmed
// ones are white with a bar across, ones without telemetry are hollow and dashed, with their age.
import { type Palette, plate, type Point, type Sheet } from "./overlay";

export interface AircraftMark {
  at: Point;
  kind: string;
  heading_deg: number | null;
  armed: boolean | null;
  selected: boolean;
  /** Short name, and for one without telemetry its age: "3 · 12 s". */
  label: string;
  stale: boolean;
}

/** Outlines around 0, 0, nose up, about 26 px long. */
const OUTLINES: Record<string, Path2D> = {
  copter: new Path2D("M0 -14 L9 10 L0 5 L-9 10 Z"),
  plane: new Path2D("M0 -15 L2.5 -6 L15 2 L15 5 L2.5 2.5 L2 9 L6 12 L6 14 L0 12.5 L-6 14 L-6 12 L-2 9 L-2.5 2.5 L-15 5 L-15 2 L-2.5 -6 Z"),
  rover: new Path2D("M-8 12 L-8 -5 L0 -14 L8 -5 L8 12 Z"),
  boat: new Path2D("M0 -15 C7 -8 8 -2 7 12 L-7 12 C-8 -2 -7 -8 0 -15 Z"),
  vehicle: new Path2D("M0 -14 L9 0 L0 14 L-9 0 Z"),
};

/** Rotors of a copter, so that it differs from a plane by more than its outline. */
const ROTORS: readonly Point[] = [
  [-10, -9],
  [10, -9],
  [-10, 9],
  [10, 9],
];

export function outlineOf(kind: string): string {
  const word = kind.toLowerCase();
  if (word.includes("plane") || word.includes("wing")) return "plane";
  if (word.includes("boat") || word.includes("submarine")) return "boat";
  return word in OUTLINES ? word : word.includes("rover") ? "rover" : "vehicle";
}

/** Room that labels take in one drawing: left, top and right of each. */
export class LabelRoom {
  private readonly taken: [number, number, number][] = [];

  /** Whether a label has room; it is taken then. A label that must be seen takes it anyway. */
  take([x, y]: Point, label: string, must: boolean): boolean {
    const right = x + 7 * label.length + 8;
    if (!must && this.taken.some(([left, top, end]) => x < end && right > left && Math.abs(y - top) < 18)) return false;
    this.taken.push([x, y, right]);
    return true;
  }
}

/** Room around an aircraft. */
const HALF_PX = 20;
/** Headings of the aircraft that are not selected are drawn to this, degrees: pictures of them are kept. */
const STEP_DEG = 3;

export function drawAircraft(sheet: Sheet, mark: AircraftMark, room: LabelRoom): void {
  const { ctx, palette } = sheet;
  const [x, y] = mark.at;
  if (x < -60 || y < -60 || x > sheet.width + 60 || y > sheet.height + 60) return;
  const outline = outlineOf(mark.kind);
  if (mark.selected) {
    ctx.save();
    ctx.translate(x, y);
    ctx.beginPath();
    ctx.arc(0, 0, 25, 0, 2 * Math.PI);
    ctx.strokeStyle = palette.panel;
    ctx.lineWidth = 6;
    ctx.stroke();
    ctx.strokeStyle = palette.accent;
    ctx.lineWidth = 3;
    ctx.stroke();
    paintBody(ctx, palette, outline, mark);
    ctx.restore();
  } else {
    const heading_deg = mark.heading_deg === null ? null : (Math.round(mark.heading_deg / STEP_DEG) * STEP_DEG) % 360;
    const key = `${outline}|${mark.armed}|${mark.stale}|${heading_deg}`;
    const around = { left: HALF_PX, top: HALF_PX, right: HALF_PX, bottom: HALF_PX };
    sheet.stamps.draw(ctx, sheet.scale, key, mark.at, around, (inside) =>
      paintBody(inside, palette, outline, { ...mark, heading_deg }),
    );
  }
  if (!room.take([x + 30, y], mark.label, mark.selected || mark.stale)) return;
  plate(sheet, mark.label, [x + 30, y], {
    bold: mark.selected,
    fill: mark.stale ? palette.staleFill : palette.panel,
    ink: mark.stale ? palette.danger : palette.text,
    edge: mark.selected ? palette.accent : palette.line,
  });
}

/** Paint the aircraft around 0, 0; it leaves the context turned by the heading. */
function paintBody(
  ctx: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  palette: Palette,
  outline: string,
  mark: Pick<AircraftMark, "armed" | "heading_deg" | "stale">,
): void {
  const path = OUTLINES[outline]!;
  const ink = mark.stale ? palette.stale : mark.armed ? palette.armed : palette.text;
  ctx.rotate(((mark.heading_deg ?? 0) * Math.PI) / 180);
  ctx.lineJoin = "round";
  ctx.setLineDash(mark.stale ? [4, 3] : []);
  ctx.strokeStyle = palette.panel;
  ctx.lineWidth = 5;
  ctx.stroke(path);
  ctx.strokeStyle = ink;
  if (outline === "copter") {
    ctx.lineWidth = 1.75;
    ctx.fillStyle = palette.panel;
    for (const [left, top] of ROTORS) {
      ctx.beginPath();
      ctx.arc(left, top, 4.5, 0, 2 * Math.PI);
      if (!mark.stale) ctx.fill();
      ctx.stroke();
    }
  }
  if (!mark.stale) {
    ctx.fillStyle = mark.armed ? palette.armed : palette.panel;
    ctx.fill(path);
  }
  ctx.strokeStyle = mark.armed && !mark.stale ? palette.panel : ink;
  ctx.lineWidth = mark.armed && !mark.stale ? 1.5 : 2.25;
  ctx.stroke(path);
  ctx.setLineDash([]);
  if (!mark.armed && !mark.stale) {
    ctx.beginPath();
    ctx.moveTo(-5, 3);
    ctx.lineTo(5, 3);
    ctx.lineWidth = 2.5;
    ctx.stroke();
  }
  if (mark.heading_deg === null) {
    // No heading is known: the outline must not point anywhere.
    ctx.beginPath();
    ctx.arc(0, 0, 16, 0, 2 * Math.PI);
    ctx.strokeStyle = ink;
    ctx.lineWidth = 2;
    ctx.stroke();
  }
}
