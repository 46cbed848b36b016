// Whether the page is as narrow as a phone's: one column, and nothing beside another.
import { MediaQuery } from "svelte/reactivity";

export const narrow = new MediaQuery("max-width: 48rem");
