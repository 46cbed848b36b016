// Distances and bearings on the sphere. Latitudes and longitudes in degrees, distances in metres.

export interface Place {
  lat_deg: number;
  lon_deg: number;
}

const EARTH_RADIUS_M = 6_371_009;
const RAD = Math.PI / 180;

/** Distance over ground, m. */
export function distanceM(one: Place, two: Place): number {
  const dLat = (two.lat_deg - one.lat_deg) * RAD;
  const dLon = (two.lon_deg - one.lon_deg) * RAD;
  const across = Math.cos(one.lat_deg * RAD) * Math.cos(two.lat_deg * RAD) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(Math.sin(dLat / 2) ** 2 + across)));
}

/** Bearing from one place to the other, degrees clockwise from north, 0 to 360. */
export function bearingDeg(from: Place, to: Place): number {
  const dLon = (to.lon_deg - from.lon_deg) * RAD;
  const one = from.lat_deg * RAD;
  const two = to.lat_deg * RAD;
  const east = Math.sin(dLon) * Math.cos(two);
  const north = Math.cos(one) * Math.sin(two) - Math.sin(one) * Math.cos(two) * Math.cos(dLon);
  return (Math.atan2(east, north) / RAD + 360) % 360;
}

/** The place at a distance (m) and bearing (degrees) from another. */
export function placeAt(from: Place, distance_m: number, bearing_deg: number): Place {
  const angle = distance_m / EARTH_RADIUS_M;
  const one = from.lat_deg * RAD;
  const lat = Math.asin(
    Math.sin(one) * Math.cos(angle) + Math.cos(one) * Math.sin(angle) * Math.cos(bearing_deg * RAD),
  );
  const lon =
    from.lon_deg * RAD +
    Math.atan2(
      Math.sin(bearing_deg * RAD) * Math.sin(angle) * Math.cos(one),
      Math.cos(angle) - Math.sin(one) * Math.sin(lat),
    );
  return { lat_deg: lat / RAD, lon_deg: ((lon / RAD + 540) % 360) - 180 };
}

/** Points of a circle, [longitude, latitude] as GeoJSON has them, closed. */
export function circle(centre: Place, radius_m: number, corners = 64): [number, number][] {
  return Array.from({ length: corners + 1 }, (_, index) => {
    const { lat_deg, lon_deg } = placeAt(centre, radius_m, (360 * (index % corners)) / corners);
    return [lon_deg, lat_deg];
  });
}

/** Read "47.39771, 8.54560" (a comma, a semicolon or spaces between); null for anything else. */
export function readPlace(typed: string): Place | null {
  const words = typed.trim().split(/\s*[,;]\s*|\s+/);
  if (words.length !== 2 || words.some((word) => !/^[+-]?\d+(\.\d+)?°?$/.test(word))) return null;
  const [lat_deg, lon_deg] = words.map((word) => Number(word.replace("°", ""))) as [number, number];
  if (Math.abs(lat_deg) > 90 || Math.abs(lon_deg) > 180 || (lat_deg === 0 && lon_deg === 0)) return null;
  return { lat_deg, lon_deg };
}
