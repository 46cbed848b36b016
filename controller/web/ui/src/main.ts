import { mount } from "svelte";

import App from "./App.svelte";
import { live } from "./lib/live.svelte";
import { applySavedTheme } from "./lib/theme.svelte";
import "./tokens.css";
import "./base.css";

applySavedTheme();
live.start();
mount(App, { target: document.getElementById("app")! });
