// What this browser remembers. Without storage everything still works, it is only forgotten.
export function read(name, otherwise) {
  try {
    return localStorage.getItem(name) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function write(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // storage is switched off
  }
}
