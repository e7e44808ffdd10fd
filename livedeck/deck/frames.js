/* In a saved Deck whose tabs have frames: does what documents in them ask for (`guards.js`, `sizing.js`). */
(() => {
  "use strict";
  const TALLEST = 20000;
  /** A document may be as tall as its frame and something more, forever; after so many steps its height stays. */
  const MOST_STEPS = 60;
  const MOST_HOSTS = 20;
  const steps = new Map();

  function fit(frame, height) {
    const taken = (steps.get(frame) ?? 0) + 1;
    if (height > frame.offsetHeight && taken > MOST_STEPS) return;
    steps.set(frame, taken);
    frame.style.height = `${Math.min(height, TALLEST)}px`;
  }

  function tellBlocked(frame, host) {
    const before = frame.previousElementSibling;
    const note = before?.classList.contains("ld-blocked") ? before : document.createElement("div");
    if (note !== before) {
      note.className = "ld-notice ld-blocked";
      note.setAttribute("role", "status");
      note.hosts = new Set();
      frame.before(note);
    }
    if (note.hosts.size < MOST_HOSTS) note.hosts.add(host.slice(0, 100));
    note.textContent =
      `This asked for something from ${[...note.hosts].join(", ")} and did not get it: a Deck has no access to the ` +
      "network. What it shows has to be in its HTML: scripts and styles inline, pictures and fonts as data: URIs.";
  }

  window.addEventListener("message", ({ source, data }) => {
    const frame = [...document.querySelectorAll("iframe.ld-frame")].find((one) => one.contentWindow === source);
    if (!frame) return;
    if (data?.type === "livedeck:size" && data.height > 0) fit(frame, data.height);
    if (data?.type === "livedeck:blocked") tellBlocked(frame, String(data.host));
    if (data?.type === "livedeck:link" && /^(https?|mailto):/i.test(data.address)) {
      window.open(data.address, "_blank", "noopener");
    }
  });
})();
