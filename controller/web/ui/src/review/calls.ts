// Calls of the review view.
import { t } from "../lib/i18n.svelte";
import { ApiError, get, post } from "../lib/api";
import type { FlightList, ListProgress, Photos, Review, Verification } from "./types";

const BASE = "/api/flights";

export function path(name: string, rest: string): string {
  return `${BASE}/${encodeURIComponent(name)}/${rest}`;
}

export const flightList = (refresh: boolean) => get<FlightList>(`${BASE}${refresh ? "?refresh=1" : ""}`);
export const listProgress = () => get<ListProgress>(`${BASE}/progress`);
export const openPath = (where: string) => post<{ name: string }>(`${BASE}/files/open`, { path: where });
export const sendLog = (file: File) =>
  post<{ name: string }>(`${BASE}/files?name=${encodeURIComponent(file.name)}`, file);
export const verify = (name: string) => post<Verification>(path(name, "verify"), {});
export const again = (name: string) => post<object>(path(name, "again"), {});
export const findPhotos = (name: string, folder: string, first_us: number, offset_s: number | null) =>
  post<Photos>(path(name, "photos"), { folder, first_us, offset_s });

/** A binary answer; `signal` ends the server's work when the page needs it no more. Raises ApiError. */
export async function binary(address: string, signal: AbortSignal): Promise<ArrayBuffer> {
  const response = await fetch(address, { signal });
  if (response.ok) return response.arrayBuffer();
  const body = (await response.json().catch(() => ({}))) as { error?: string };
  throw new ApiError(body.error ?? t("server.answered", { status: response.status }), response.status);
}

export async function review(name: string, signal: AbortSignal): Promise<Review> {
  const data = await binary(path(name, "review"), signal);
  return JSON.parse(new TextDecoder().decode(data)) as Review;
}

export function openProgress(name: string): Promise<Record<"replay" | "review", [number, number] | null>> {
  return get(path(name, "progress"));
}

/** Save a file that the server makes, or text and pictures of the page. */
export function download(address: string, name = ""): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}
