// Single-key shortcuts. Off in fields, with modifiers, while composing, and when switched off.
import { read } from "./store.js";

const WAIT = 1200;
const GO = { q: "/queue/", d: "/dashboard/", f: "/flag/" };
let pending = 0;

function rows() {
  return [...document.querySelectorAll("#rows tbody tr")];
}

function select(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.hasAttribute("aria-current"));
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  if (at >= 0) all[at].removeAttribute("aria-current");
  next.setAttribute("aria-current", "true");
  next.querySelector("a").focus();
}

function open() {
  rows().find((row) => row.hasAttribute("aria-current"))?.querySelector("a").click();
}

const ACTIONS = {
  j: () => select(1),
  k: () => select(-1),
  o: open,
  "/": () => document.getElementById("command")?.focus(),
  c: () => location.assign(GO.f),
  "?": () => document.getElementById("help")?.showModal(),
  g: () => { pending = Date.now(); },
};

function ignored(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return true;
  return event.target.closest("input, select, textarea, [contenteditable], dialog, [popover]") !== null || read("keys", "on") === "off";
}

document.addEventListener("keydown", (event) => {
  if (ignored(event)) return;
  if (pending && Date.now() - pending < WAIT && GO[event.key]) {
    location.assign(GO[event.key]);
    return;
  }
  pending = 0;
  const action = ACTIONS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

// Enter opens the row by itself: the focus is on its link. Following the focus keeps the mark right for Tab and mouse users too.
document.addEventListener("focusin", (event) => {
  const row = event.target.closest("#rows tbody tr");
  if (!row) return;
  for (const other of rows()) other.toggleAttribute("aria-current", false);
  row.setAttribute("aria-current", "true");
});

for (const button of document.querySelectorAll("[data-open]")) {
  button.addEventListener("click", () => document.getElementById(button.dataset.open)?.showModal());
}
