// Runs before the first paint, so that the remembered theme, density and menu do not flash.
(() => {
  const root = document.documentElement;
  for (const name of ["theme", "density", "rail"]) {
    try {
      const value = localStorage.getItem(name);
      if (value) root.dataset[name] = value;
    } catch {
      return; // storage is switched off: the defaults hold
    }
  }
})();
