// Copy buttons. By delegation, so that they go on working in parts that are refreshed.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const label = button.querySelector("span");
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    label.textContent = "Copied";
  } catch {
    label.textContent = "Select the text and copy it yourself";
  }
  document.getElementById("say").textContent = label.textContent;
  setTimeout(() => { label.textContent = before; }, 2000);
});
