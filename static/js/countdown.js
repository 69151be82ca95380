// Ticks the deadline chips, in the words the server uses. Grey when the server has been silent for two minutes.
import { hear, now, silence } from "./clock.js";

const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
const SYMBOLS = { ok: "clock", soon: "half", overdue: "overdue" };
const SILENT = 120_000;

export function duration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const index = UNITS.findIndex(([size]) => seconds >= size);
  if (index < 0) return "0 s";
  const [size, name] = UNITS[index];
  const [smaller, smallName] = UNITS[index + 1] ?? [1, ""];
  const below = smallName ? Math.floor((seconds % size) / smaller) : 0;
  return `${Math.floor(seconds / size)} ${name}${below ? ` ${below} ${smallName}` : ""}`;
}

export function stateOf(due, soon, at) {
  if (at > due) return "overdue";
  return at >= soon ? "soon" : "ok";
}

function say(text) {
  const place = document.getElementById("say");
  if (place) place.textContent = text;
}

function tick() {
  const at = now();
  for (const chip of document.querySelectorAll("[data-due]")) {
    const due = Date.parse(chip.dataset.due);
    const state = stateOf(due, Date.parse(chip.dataset.soon), at);
    const text = state === "overdue" ? `${duration(at - due)} overdue` : `${duration(due - at)} left`;
    const label = chip.lastElementChild;
    if (label.textContent !== text) label.textContent = text;
    if (chip.classList.contains(`due-${state}`)) continue;
    const row = chip.closest("[data-id]");
    if (row) say(`TD-${Number(row.dataset.id) % 2 ** 32}: ${text}`);
    chip.classList.remove("due-ok", "due-soon", "due-overdue");
    chip.classList.add(`due-${state}`);
    chip.querySelector("use").setAttribute("href", `${document.body.dataset.sprite}#${SYMBOLS[state]}`);
  }
  document.body.classList.toggle("stale", silence() > SILENT);
}

// Any answer of the server is a sign of life, and most carry its time.
document.addEventListener("htmx:afterRequest", (event) => {
  const answer = event.detail.xhr;
  if (answer?.status) hear(answer.getResponseHeader("X-Now") ?? answer.getResponseHeader("Date"));
});

tick();
setInterval(tick, 1000);
document.addEventListener("visibilitychange", () => document.hidden || tick());
