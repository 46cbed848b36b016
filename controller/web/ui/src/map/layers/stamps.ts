// Pictures that are drawn in frame after frame: painted once, then only copied. They lie on whole pixels, so that a
// copy is as sharp as the painting.

/** Room of a picture around its place, CSS pixels. */
export interface Room {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Copies that are kept; more are only wanted when something in the keys never repeats. */
const KEPT = 600;

export class Stamps {
  private readonly made = new Map<string, ImageBitmap>();

  /** Forget all: the colours or the scale changed. */
  clear(): void {
    for (const picture of this.made.values()) picture.close();
    this.made.clear();
  }

  /** Draw the picture of this key at a place; `paint` paints it around 0, 0. `ctx` has the scale `scale` and no turn. */
  draw(
    ctx: CanvasRenderingContext2D,
    scale: number,
    key: string,
    [x, y]: readonly [number, number],
    { left, top, right, bottom }: Room,
    paint: (ctx: OffscreenCanvasRenderingContext2D) => void,
  ): void {
    let picture = this.made.get(key);
    if (picture === undefined) {
      if (this.made.size >= KEPT) this.clear();
      const canvas = new OffscreenCanvas(Math.ceil((left + right) * scale), Math.ceil((top + bottom) * scale));
      const inside = canvas.getContext("2d")!;
      inside.scale(scale, scale);
      inside.translate(left, top);
      paint(inside);
      picture = canvas.transferToImageBitmap();
      this.made.set(key, picture);
    }
    const at = (place: number): number => Math.round(place * scale) / scale;
    ctx.drawImage(picture, at(x - left), at(y - top), picture.width / scale, picture.height / scale);
  }
}
