// Arrays of a binary answer (controller/web/flights/jobs/arrays.py): a JSON header and the numbers behind it.

export type Numbers = Float32Array | Float64Array;

export interface Packed<Header> {
  header: Header;
  arrays: Map<string, Numbers>;
}

interface Listed {
  arrays: { name: string; type: "f4" | "f8"; offset: number; count: number }[];
}

/** Read an answer without copying its numbers. */
export function unpack<Header>(data: ArrayBuffer): Packed<Header> {
  const length = new DataView(data).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 8, length))) as Header & Listed;
  const arrays = new Map<string, Numbers>();
  for (const { name, type, offset, count } of header.arrays) {
    const kind = type === "f8" ? Float64Array : Float32Array;
    arrays.set(name, new kind(data, 8 + length + offset, count));
  }
  return { header, arrays };
}

/** Index of the last element at or before a value in ascending numbers; -1 before the first. */
export function lastAtOrBefore(numbers: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
