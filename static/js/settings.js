// Theme, density, width of the menu, single-key shortcuts.
import { read, write } from "./store.js";

const root = document.documentElement;
const DEFAULTS = { theme: "system", density: "normal" };

for (const input of document.querySelectorAll("[data-setting]")) {
  const name = input.dataset.setting;
  input.checked = read(name, DEFAULTS[name]) === input.value;
  input.addEventListener("change", () => {
    root.dataset[name] = input.value;
    write(name, input.value);
  });
}

const boxes = document.querySelectorAll("[data-keys]");
for (const box of boxes) {
  box.checked = read("keys", "on") === "on";
  box.addEventListener("change", () => {
    write("keys", box.checked ? "on" : "off");
    for (const other of boxes) other.checked = box.checked;
  });
}

const rail = document.querySelector("button[data-rail]");
if (rail) {
  const show = () => rail.setAttribute("aria-pressed", String(root.dataset.rail === "narrow"));
  show();
  rail.addEventListener("click", () => {
    root.dataset.rail = root.dataset.rail === "narrow" ? "wide" : "narrow";
    write("rail", root.dataset.rail);
    show();
  });
}
