// Calls of the server. Every error is one line for people. Each call carries the key of this browser's login.
import { delay } from "./delay";
import { t } from "./i18n.svelte";
import { credentials } from "./session.svelte";

/** Name by which the server knows this page again after a lost connection; nothing else knows it. */
export const PAGE_ID = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
  byte.toString(16).padStart(2, "0"),
).join("");

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

async function answer<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  const body = (await response.json().catch(() => ({}))) as { error?: string };
  throw new ApiError(body.error ?? t("server.answered", { status: response.status }), response.status);
}

/** Read JSON. Raises ApiError with the server's own line. */
export async function get<T>(path: string): Promise<T> {
  return answer<T>(await fetch(path, { headers: { Accept: "application/json", ...credentials() } }));
}

/** Send JSON, or a file as it is, and read JSON. Raises ApiError. */
export async function post<T>(path: string, body: unknown | Blob): Promise<T> {
  const file = body instanceof Blob;
  return answer<T>(
    await fetch(path, {
      method: "POST",
      headers: {
        "Content-Type": file ? "application/octet-stream" : "application/json",
        "Landline-Page": PAGE_ID,
        "Landline-Time": String(delay.serverS(performance.now() / 1000)),
        ...credentials(),
      },
      body: file ? body : JSON.stringify(body),
    }),
  );
}

/** Ask for something to be deleted. Raises ApiError. */
export async function remove(path: string): Promise<void> {
  await answer(await fetch(path, { method: "DELETE", headers: { "Landline-Page": PAGE_ID, ...credentials() } }));
}
