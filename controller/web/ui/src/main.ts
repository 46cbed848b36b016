import { mount } from "svelte";

import Root from "./Root.svelte";
import { live } from "./lib/live.svelte";
import { loadTranslations } from "./lib/said/said.svelte";
import { begin } from "./lib/session.svelte";
import { applySavedTheme } from "./lib/theme.svelte";
import "./tokens.css";
import "./base.css";

applySavedTheme();
void begin();
// The address of the terminal may be opened in a tab that shows this page already.
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#code=")) void begin();
});
loadTranslations();
live.start();
mount(Root, { target: document.getElementById("app")! });
