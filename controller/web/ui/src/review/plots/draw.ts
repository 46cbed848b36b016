// How a plot is drawn: axes by unit, modes as bands, findings and events as marks.
import uPlot from "uplot";

import { duration } from "../../lib/format";
import { token } from "../../map/style";
import type { Replay } from "../replay.svelte";
import type { Review } from "../types";
import type { Series } from "./series";

/** Lines are told apart by colour and by dashes. */
export const STROKES = ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6"] as const;
export const DASHES: number[][] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 2]];
const MOST_AXES = 4;
/** Steps of the time axis, seconds: those of a clock. */
const STEPS_S = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000];

export interface Drawn {
  replay: Replay;
  review: Review | null;
  /** Whether the names of the modes stand in this plot: in the first one of the stack. */
  named: boolean;
  /** Whether it has the time axis. */
  axis: boolean;
}

export function options(
  series: Series[],
  size: { width: number; height: number },
  drawn: Drawn,
  hooks: { zoomed: (beginS: number, endS: number) => void; hovered: (timeS: number | null) => void; drawn: () => void },
): uPlot.Options {
  const text = token("--text-quiet");
  const line = token("--map-grid");
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const units = [...new Set(series.map((one) => one.unit))].slice(0, MOST_AXES);
  const scaleOf = (one: Series) => `y${Math.max(0, units.indexOf(one.unit))}`;
  return {
    ...size,
    legend: { show: false },
    cursor: {
      drag: { x: true, y: false, setScale: false, dist: 6 },
      points: { size: 7 },
      sync: { key: "landline-review", setSeries: false },
    },
    scales: {
      x: { time: false, range: () => [drawn.replay.beginS, drawn.replay.endS] },
      ...Object.fromEntries(units.map((_, index) => [`y${index}`, { auto: true }])),
    },
    axes: [
      {
        stroke: text,
        font,
        grid: { stroke: line, width: 1 },
        ticks: { stroke: line, width: 1 },
        size: drawn.axis ? 26 : 4,
        space: 70,
        incrs: STEPS_S,
        values: (_, splits) => splits.map((at) => (drawn.axis ? duration(at) + fraction(splits, at) : "")),
      },
      ...units.map((unit, index) => ({
        scale: `y${index}`,
        side: (index === 0 ? 3 : 1) as 1 | 3,
        stroke: text,
        font,
        grid: { show: index === 0, stroke: line, width: 1 },
        ticks: { stroke: line, width: 1 },
        size: 58,
        label: unit,
        labelSize: unit ? 16 : 0,
        labelFont: font,
        labelGap: 0,
      })),
    ],
    series: [
      {},
      ...series.map((one, index) => ({
        label: one.label,
        scale: scaleOf(one),
        stroke: token(STROKES[index % STROKES.length]!),
        dash: DASHES[index % DASHES.length]!,
        width: 1.5,
        spanGaps: false,
        points: { show: false },
      })),
    ],
    hooks: {
      drawClear: [(u) => drawBands(u, drawn, font)],
      draw: [
        (u) => {
          drawMarks(u, drawn);
          hooks.drawn();
        },
      ],
      setSelect: [
        (u) => {
          if (u.select.width < 3) return;
          hooks.zoomed(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      setCursor: [(u) => hooks.hovered(u.cursor.left === undefined || u.cursor.left < 0 ? null : u.posToVal(u.cursor.left, "x"))],
    },
  };
}

/** Tenths of a second where the axis is finer than seconds. */
function fraction(splits: number[], at: number): string {
  const step = splits.length > 1 ? splits[1]! - splits[0]! : 1;
  return step < 1 ? `.${Math.round((at % 1) * 100).toString().padStart(2, "0")}` : "";
}

function drawBands(u: uPlot, { replay, named }: Drawn, font: string): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = font.replace("12px", `${11 * devicePixelRatio}px`);
  ctx.textBaseline = "top";
  replay.header.modes.forEach((mode, index) => {
    const left = u.valToPos(mode.begin_s, "x", true);
    const right = u.valToPos(mode.end_s, "x", true);
    if (index % 2 === 1) {
      ctx.fillStyle = token("--stale-fill");
      ctx.globalAlpha = 0.6;
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
      ctx.globalAlpha = 1;
    }
    const from = Math.max(left, bbox.left);
    if (named && right - from > ctx.measureText(mode.name).width + 8) {
      ctx.fillStyle = token("--text-quiet");
      ctx.fillText(mode.name, from + 4, bbox.top + 2);
    }
  });
  ctx.restore();
}

function drawMarks(u: uPlot, { replay, review }: Drawn): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const one of review?.findings ?? []) {
    const left = u.valToPos(one.begin_s, "x", true);
    const width = Math.max(u.valToPos(one.end_s, "x", true) - left, 2);
    ctx.fillStyle = token(one.grade === "bad" ? "--danger" : "--caution-fill");
    ctx.globalAlpha = 0.9;
    ctx.fillRect(left, bbox.top + bbox.height - 4 * devicePixelRatio, width, 4 * devicePixelRatio);
    ctx.globalAlpha = 1;
  }
  ctx.lineWidth = devicePixelRatio;
  ctx.strokeStyle = token("--danger");
  ctx.setLineDash([3, 3]);
  for (const event of review?.events ?? []) {
    if (!event.grave || event.t_s < replay.beginS || event.t_s > replay.endS) continue;
    const at = u.valToPos(event.t_s, "x", true);
    ctx.beginPath();
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
