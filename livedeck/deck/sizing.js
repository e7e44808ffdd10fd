/* In a document that stands among other elements: it tells how tall it is, so that its frame can be as tall. */
(() => {
  "use strict";
  const root = document.documentElement;
  let told = 0;
  function tell() {
    // A root that is taller than the window has what it needs in scrollHeight; one that is not, only in its own box.
    const overflows = root.scrollHeight > root.clientHeight;
    const bar = Math.max(0, window.innerHeight - root.clientHeight);
    const height = Math.ceil(overflows ? root.scrollHeight : root.getBoundingClientRect().height) + bar;
    if (height === told) return;
    told = height;
    window.parent.postMessage({ type: "livedeck:size", height }, "*");
  }
  new ResizeObserver(tell).observe(root);
  window.addEventListener("load", tell);
})();
