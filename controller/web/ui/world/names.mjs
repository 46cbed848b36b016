// Names of countries with their places: the code of ISO 3166 lets the page show them in its own language.

import { cutPolygon } from "./cut.mjs";

const own = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
// A code that is no longer in use, such as SU, has a newer one in its place.
const inUse = (code) => new Intl.Locale(`und-${code}`).maximize().region === code;
const CODES = new Map(
  letters
    .flatMap((a) => letters.map((b) => a + b))
    .filter((code) => inUse(code) && own.of(code) !== undefined)
    .map((code) => [own.of(code), code]),
);
// Natural Earth shortens long names.
const SHORT = {
  "Antigua and Barb.": "AG",
  "Bosnia and Herz.": "BA",
  "Br. Indian Ocean Ter.": "IO",
  "British Virgin Is.": "VG",
  "Cayman Is.": "KY",
  "Central African Rep.": "CF",
  "Cabo Verde": "CV",
  Congo: "CG",
  "Cook Is.": "CK",
  "Côte d'Ivoire": "CI",
  "Dem. Rep. Congo": "CD",
  "Dominican Rep.": "DO",
  "Eq. Guinea": "GQ",
  "Faeroe Is.": "FO",
  "Falkland Is.": "FK",
  "Fr. Polynesia": "PF",
  "Fr. S. Antarctic Lands": "TF",
  "Heard I. and McDonald Is.": "HM",
  "Hong Kong": "HK",
  Macao: "MO",
  Macedonia: "MK",
  "Marshall Is.": "MH",
  Myanmar: "MM",
  "N. Mariana Is.": "MP",
  Palestine: "PS",
  "Pitcairn Is.": "PN",
  "S. Geo. and the Is.": "GS",
  "S. Sudan": "SS",
  "São Tomé and Principe": "ST",
  "Solomon Is.": "SB",
  "St-Barthélemy": "BL",
  "St-Martin": "MF",
  "St. Kitts and Nevis": "KN",
  "St. Pierre and Miquelon": "PM",
  "St. Vin. and Gren.": "VC",
  "Saint Helena": "SH",
  "Saint Lucia": "LC",
  "Trinidad and Tobago": "TT",
  Turkey: "TR",
  "Turks and Caicos Is.": "TC",
  "U.S. Virgin Is.": "VI",
  "United States of America": "US",
  Vatican: "VA",
  "W. Sahara": "EH",
  "Wallis and Futuna Is.": "WF",
  eSwatini: "SZ",
  Åland: "AX",
};

const area = (ring) => {
  let sum = 0;
  for (let index = 1; index < ring.length; index++)
    sum += ring[index - 1][0] * ring[index][1] - ring[index][0] * ring[index - 1][1];
  return Math.abs(sum / 2);
};

/** A place inside of the ring: the middle of its longest stretch on a few parallels. */
function inside(ring) {
  const lats = ring.map(([, lat]) => lat);
  const [south, north] = [Math.min(...lats), Math.max(...lats)];
  let best = { length: -1, place: ring[0] };
  for (const share of [0.35, 0.42, 0.5, 0.58, 0.65]) {
    const lat = south + (north - south) * share;
    const crossings = [];
    for (let index = 1; index < ring.length; index++) {
      const [a, b] = [ring[index - 1], ring[index]];
      if (a[1] > lat !== b[1] > lat) crossings.push(a[0] + ((b[0] - a[0]) * (lat - a[1])) / (b[1] - a[1]));
    }
    crossings.sort((a, b) => a - b);
    for (let index = 1; index < crossings.length; index += 2) {
      const length = crossings[index] - crossings[index - 1];
      if (length > best.length) best = { length, place: [(crossings[index] + crossings[index - 1]) / 2, lat] };
    }
  }
  return best.place;
}

/** Points with the name of each country, its code where it has one, and the zoom from which the name has room. */
export function namesOf(countries, polygons) {
  return countries.flatMap((country) => {
    const rings = polygons([country])
      .flatMap(cutPolygon)
      .map(([outer]) => outer);
    const largest = rings.reduce((a, b) => (a && area(a) > area(b) ? a : b), null);
    const name = country.properties.name;
    if (!largest || name === "Antarctica") return [];
    const size = area(largest);
    const zoom = size > 150 ? 1 : size > 25 ? 2.5 : size > 4 ? 3.5 : size > 0.5 ? 4.5 : 5.5;
    const place = inside(largest).map((value) => Math.round(value * 100) / 100);
    return [
      {
        type: "Feature",
        properties: { layer: "name", name, code: CODES.get(name) ?? SHORT[name] ?? "", zoom },
        geometry: { type: "Point", coordinates: place },
      },
    ];
  });
}
