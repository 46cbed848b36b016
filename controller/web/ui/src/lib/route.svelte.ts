// The view in the address: #/fly, #/plan, #/setup, #/review, with what is open in it after another slash.
export const VIEWS = ["fly", "plan", "setup", "review"] as const;
export type View = (typeof VIEWS)[number];

export const route = $state<{ view: View; rest: string }>({ view: "fly", rest: "" });

function read(): void {
  const [, view, ...rest] = location.hash.slice(1).split("/");
  route.view = VIEWS.find((one) => one === view) ?? "fly";
  route.rest = decodeURIComponent(rest.join("/"));
}

addEventListener("hashchange", read);
read();

export function go(view: View, rest = ""): void {
  location.hash = rest ? `/${view}/${encodeURIComponent(rest)}` : `/${view}`;
}
