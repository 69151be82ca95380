// Parts that the server refreshes: quiet while nobody looks, said aloud where that helps.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  const reads = requestConfig.verb === "get";
  // The second wall behind the escaping of what comes from outside: content asks for nothing, and only a preview is posted without a click.
  const ours = document.getElementById("asks").contains(elt) && (reads || requestConfig.path.endsWith("/flag/preview/"));
  if (!ours || (reads && document.hidden)) event.preventDefault();
});

// What the reader has opened stays open when its part is replaced.
const opened = new Set();
document.addEventListener("toggle", ({ target }) => opened[target.open ? "add" : "delete"](target.id), true);
document.addEventListener("htmx:load", ({ target }) => {
  for (const part of target.querySelectorAll("details[id]")) part.open ||= opened.has(part.id);
});

document.addEventListener("htmx:afterSwap", (event) => {
  const news = event.detail.target.querySelector("[data-say]");
  if (news) document.getElementById("say").textContent = news.textContent;
});

// What somebody is typing is not taken away by news.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const typed = [...event.detail.target.querySelectorAll("input:not([type=hidden]), textarea, select")].some(
    (field) => field === document.activeElement || field.value !== (field.defaultValue ?? field.value),
  );
  if (typed) event.detail.shouldSwap = false;
});
