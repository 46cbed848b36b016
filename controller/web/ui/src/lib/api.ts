// Calls of the server. Every error is one line for people. Each call carries the key of this browser's login.
import { credentials } from "./session.svelte";

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
  throw new ApiError(body.error ?? `the server answered ${response.status}`, response.status);
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
      headers: { "Content-Type": file ? "application/octet-stream" : "application/json", ...credentials() },
      body: file ? body : JSON.stringify(body),
    }),
  );
}
