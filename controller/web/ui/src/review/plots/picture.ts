// A plot as a picture: what is on the screen, with the names of its lines above it.
import type uPlot from "uplot";

import { token } from "../../map/style";
import { download } from "../calls";
import { DASHES, STROKES } from "./draw";
import type { Series } from "./series";

export function savePicture(plot: uPlot, series: Series[], name: string): void {
  const source = plot.ctx.canvas;
  const scale = devicePixelRatio;
  const head = 22 * scale * Math.ceil(series.length / 3);
  const canvas = document.createElement("canvas");
  canvas.width = source.width;
  canvas.height = source.height + head;
  const ctx = canvas.getContext("2d")!;
  ctx.fillStyle = token("--panel");
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.drawImage(source, 0, head);
  ctx.font = `${13 * scale}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.textBaseline = "middle";
  series.forEach((one, index) => {
    const x = ((index % 3) * canvas.width) / 3 + 10 * scale;
    const y = (11 + 22 * Math.floor(index / 3)) * scale;
    ctx.strokeStyle = token(STROKES[index % STROKES.length]!);
    ctx.lineWidth = 2.5 * scale;
    ctx.setLineDash(DASHES[index % DASHES.length]!.map((dash) => dash * scale));
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x + 28 * scale, y);
    ctx.stroke();
    ctx.fillStyle = token("--text");
    ctx.fillText(one.unit ? `${one.label}, ${one.unit}` : one.label, x + 34 * scale, y);
  });
  canvas.toBlob((blob) => {
    if (!blob) return;
    const address = URL.createObjectURL(blob);
    download(address, name);
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  });
}
