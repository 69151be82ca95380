// Keeps the queue fresh without moving rows under the reader's hand: changed rows are replaced in place, new ones are announced.
import { hear } from "./clock.js";

const EVERY = 60_000;
const SOON = 3_000;
const BURST = 20;
const table = document.getElementById("rows");
let etag = "";
let timer = 0;
let burst = 0;

function stamps() {
  return [...table.querySelectorAll("tr[data-id]")].map((row) => `${row.dataset.id}:${row.dataset.stamp}`).join(",");
}

function replace(id, html) {
  const old = table.querySelector(`tr[data-id="${Number(id)}"]`);
  if (!old) return;
  const box = document.createElement("tbody");
  box.innerHTML = html;
  const row = box.firstElementChild;
  row.classList.add("changed");
  if (old.hasAttribute("aria-current")) row.setAttribute("aria-current", "true");
  const focused = old.contains(document.activeElement);
  old.replaceWith(row);
  if (focused) row.querySelector("a").focus();
}

function show(found) {
  for (const [tab, number] of Object.entries(found.counts)) {
    const place = document.querySelector(`[data-count="${tab}"]`);
    if (!place) continue;
    place.textContent = number;
    if (tab === "overdue") place.classList.toggle("count-hot", number !== "0");
  }
  for (const [id, html] of Object.entries(found.rows)) replace(id, html);
  for (const row of table.querySelectorAll("tr[data-id]")) row.classList.toggle("gone", !found.ids.includes(Number(row.dataset.id)));
  const bar = document.getElementById("fresh");
  bar.hidden = found.fresh === 0;
  bar.firstElementChild.textContent = found.fresh === 1 ? "1 more request - show" : `${found.fresh} more requests - show`;
}

async function pulse() {
  try {
    const answer = await fetch(table.dataset.pulse, { headers: { "X-Rows": stamps(), ...(etag && { "If-None-Match": etag }) }, redirect: "manual" });
    if (answer.type === "opaqueredirect") location.reload(); // signed out meanwhile
    hear(answer.headers.get("X-Now"));
    if (answer.ok) {
      etag = answer.headers.get("ETag") ?? "";
      show(await answer.json());
    }
  } catch {
    // No answer: the countdowns turn grey by themselves.
  }
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (!document.hidden) await pulse();
    burst = Math.max(0, burst - 1);
    plan();
  }, burst ? SOON : EVERY);
}

function wake() {
  if (document.hidden || burst) return;
  burst = BURST;
  plan();
}

if (table) {
  document.addEventListener("visibilitychange", wake);
  plan();
}
