// The server's time as this page knows it. The browser's own clock may be wrong; its pace is right.
let offset = 0;
let heard = Date.now();

export function hear(iso) {
  const server = Date.parse(iso);
  if (Number.isNaN(server)) return;
  offset = server - Date.now();
  heard = Date.now();
}

export function now() {
  return Date.now() + offset;
}

// Milliseconds since the server last told the time.
export function silence() {
  return Date.now() - heard;
}

// A tab that comes back from the browser's memory still shows the old time of its page: keep to the browser's clock then.
hear(document.body.dataset.now);
