// Cuts outlines of the round earth at the antimeridian, and closes one around a pole along it, for a flat map.

/** The ring with longitudes that go on beyond 180 degrees instead of jumping; closed along the pole if it goes round. */
function unwrapped(ring) {
  const line = [ring[0].slice()];
  for (let index = 1; index < ring.length; index++) {
    const [lon, lat] = ring[index];
    const before = line[index - 1][0];
    line.push([lon + 360 * Math.round((before - lon) / 360), lat]);
  }
  const turn = line.at(-1)[0] - line[0][0];
  if (Math.abs(turn) < 180) return line;
  const pole = line.reduce((sum, [, lat]) => sum + lat, 0) < 0 ? -90 : 90;
  return [...line, [line.at(-1)[0], pole], [line[0][0], pole], line[0].slice()];
}

/** The part of a closed ring on one side of the meridian `at`: `side` 1 is east, -1 west. */
function clipped(ring, at, side) {
  const kept = [];
  const within = ([lon]) => (lon - at) * side >= 0;
  for (let index = 1; index < ring.length; index++) {
    const [a, b] = [ring[index - 1], ring[index]];
    if (within(a)) kept.push(a);
    if (within(a) !== within(b)) kept.push([at, a[1] + ((b[1] - a[1]) * (at - a[0])) / (b[0] - a[0])]);
  }
  return kept.length < 3 ? null : [...kept, kept[0]];
}

/** Polygons between -180 and 180 degrees that together are this one. */
export function cutPolygon(rings) {
  const outer = unwrapped(rings[0]);
  const lons = outer.map(([lon]) => lon);
  const inner = rings.slice(1).map((ring) => {
    const line = unwrapped(ring);
    const shift = 360 * Math.round((outer[0][0] - line[0][0]) / 360);
    return line.map(([lon, lat]) => [lon + shift, lat]);
  });
  const first = Math.floor((Math.min(...lons) + 180) / 360);
  const last = Math.ceil((Math.max(...lons) + 180) / 360) - 1;
  const found = [];
  for (let turn = first; turn <= Math.max(first, last); turn++) {
    const cut = (ring) => {
      const west = clipped(ring, 360 * turn - 180, 1);
      const both = west && clipped(west, 360 * turn + 180, -1);
      return both && both.map(([lon, lat]) => [lon - 360 * turn, lat]);
    };
    const part = [outer, ...inner].map(cut);
    if (part[0]) found.push(part.filter((ring) => ring !== null));
  }
  return found;
}

/** Lines between -180 and 180 degrees that together are this one. */
export function cutLine(line) {
  const found = [[line[0]]];
  for (let index = 1; index < line.length; index++) {
    const [a, b] = [line[index - 1], line[index]];
    if (Math.abs(b[0] - a[0]) > 180) {
      const side = Math.sign(a[0]) * 180;
      const beyond = b[0] + 2 * side;
      const lat = beyond === a[0] ? a[1] : a[1] + ((b[1] - a[1]) * (side - a[0])) / (beyond - a[0]);
      found.at(-1).push([side, lat]);
      found.push([[-side, lat]]);
    }
    found.at(-1).push(b);
  }
  // A line that ran along the antimeridian itself is no coast.
  return found.filter((part) => part.length > 1);
}
