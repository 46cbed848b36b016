export type Theme = "light" | "dark" | "sunlight";
export const THEMES: readonly Theme[] = ["light", "dark", "sunlight"];
const KEY = "landline.theme";

export const theme = $state<{ name: Theme }>({ name: "light" });

export function setTheme(name: Theme): void {
  theme.name = name;
  document.documentElement.dataset.theme = name;
  localStorage.setItem(KEY, name);
}

/** The theme chosen last, else that of the system. */
export function applySavedTheme(): void {
  const saved = THEMES.find((one) => one === localStorage.getItem(KEY));
  setTheme(saved ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
}
