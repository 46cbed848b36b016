// Login of this browser. The cookie only reads; whatever acts also needs the key, which no other site and no other
// port of this machine can read: it is kept in this origin's storage.
import type { Role } from "./protocol";

const STORED = "landline.key";

interface Described {
  role: Role | null;
  key?: string;
}

export const session = $state<{ state: "asking" | "out" | "in"; error: string; role: Role | null }>({
  state: "asking",
  error: "",
  role: null,
});

/** Logins begun so far: the answer to a question that was asked before one must not undo it. */
let logins = 0;
let loggingIn = false;

/** Headers that a call needs, besides its own. */
export function credentials(): Record<string, string> {
  const key = localStorage.getItem(STORED);
  return key ? { "X-Landline-Key": key } : {};
}

/** Protocols for the WebSocket: a script can send no header there. */
export function protocols(): string[] {
  return ["landline", localStorage.getItem(STORED) ?? ""].filter(Boolean);
}

/** Log in with the code of the address, or with what an earlier login left in this browser. */
export async function begin(): Promise<void> {
  const code = /^#code=(.+)$/.exec(location.hash)?.[1];
  if (code === undefined) return ask();
  // The code must not stay in the address: it is seen there, and kept in the history.
  history.replaceState(null, "", "#/fly");
  await logIn(decodeURIComponent(code));
}

/** Ask the server whether this browser is logged in; without an answer nothing changes. */
export async function ask(): Promise<void> {
  if (loggingIn) return;
  const before = logins;
  try {
    const response = await fetch("/api/session", { headers: credentials() });
    if (!response.ok) return;
    const described = (await response.json()) as Described;
    if (before === logins) take(described);
  } catch {
    // The server is away: the live connection says so, and asks again.
  }
}

export async function logIn(code: string): Promise<void> {
  session.error = "";
  logins += 1;
  loggingIn = true;
  try {
    const response = await fetch("/api/session", {
      method: "POST",
      headers: { "Content-Type": "application/json", ...credentials() },
      body: JSON.stringify({ code }),
    });
    const answer = (await response.json()) as Described & { error?: string };
    if (!response.ok) session.error = answer.error ?? `the server answered ${response.status}`;
    else if (answer.key) localStorage.setItem(STORED, answer.key);
    if (response.ok) take(answer);
    else session.state = "out";
  } catch (error) {
    session.error = String(error);
    session.state = "out";
  }
  loggingIn = false;
}

export async function logOut(): Promise<void> {
  await fetch("/api/session", { method: "DELETE", headers: credentials() }).catch(() => undefined);
  localStorage.removeItem(STORED);
  take({ role: null });
}

function take(described: Described): void {
  session.role = described.role;
  session.state = described.role === null ? "out" : "in";
}
