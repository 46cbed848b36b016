// Map and terrain files that the operator drops on the page or chooses, sent to the server one after the other.
import { t } from "../lib/i18n.svelte";
import { credentials } from "../lib/session.svelte";
import { maps } from "./maps.svelte";

export const ENDINGS = [".pmtiles", ".mbtiles", ".tif", ".tiff", ".hgt", ".asc"];

export function isMapFile(file: File): boolean {
  return ENDINGS.some((ending) => file.name.toLowerCase().endsWith(ending));
}

const STARTS = ["PMTiles", "SQLite format 3", "II*\0", "MM\0*", "II+\0", "MM\0+"];

/** Whether a file begins as its ending says: a large one is not sent only to be refused. */
async function looksRight(file: File): Promise<boolean> {
  if (/\.(hgt|asc)$/i.test(file.name)) return true;
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 16).arrayBuffer()));
  return STARTS.some((start) => head.startsWith(start));
}

class Uploads {
  /** The file on its way, and the share of it that arrived, 0 to 1. */
  now = $state.raw<{ name: string; share: number } | null>(null);
  /** What became of the last file: one line. */
  said = $state("");
  failed = $state(false);

  async send(files: Iterable<File>): Promise<void> {
    if (!maps.listed) await maps.load();
    for (const file of files) {
      if (this.now) return this.say(t("maps.busy"), true);
      const most = maps.listed?.upload_bytes ?? 0;
      if (file.size > most) {
        this.say(t("maps.too-large", { name: file.name, size: megabytes(file.size), room: megabytes(most) }), true);
        continue;
      }
      if (!(await looksRight(file))) {
        this.say(t("maps.no-map", { name: file.name }), true);
        continue;
      }
      this.now = { name: file.name, share: 0 };
      try {
        const kept = await this.post(file);
        this.say(t(kept.kind === "terrain" ? "maps.kept.terrain" : "maps.kept", { name: kept.name }), false);
        await maps.load();
      } catch (error) {
        this.say(error instanceof Error ? error.message : String(error), true);
      } finally {
        this.now = null;
      }
    }
  }

  private say(line: string, failed: boolean): void {
    this.said = line;
    this.failed = failed;
  }

  /** Send a file. `fetch` does not tell how much has arrived. */
  private post(file: File): Promise<{ kind: string; name: string }> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `/api/maps?name=${encodeURIComponent(file.name)}`);
      for (const [name, value] of Object.entries(credentials())) request.setRequestHeader(name, value);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.responseType = "json";
      request.upload.onprogress = ({ loaded }) => (this.now = { name: file.name, share: loaded / (file.size || 1) });
      request.onload = () => {
        const said = request.response as { kind: string; name: string; error?: string } | null;
        if (request.status === 200 && said) resolve(said);
        else reject(new Error(said?.error ?? t("server.answered", { status: request.status })));
      };
      request.onerror = () => reject(new Error(t("maps.broken-off", { name: file.name })));
      request.send(file);
    });
  }
}

export function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

export const uploads = new Uploads();
