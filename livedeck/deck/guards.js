/*
 * Runs first in every document that shows a task's own HTML: the live frame, the frame of a tab, the frame of a report.
 * It tells the document around it what its viewer has to know, and keeps a script from taking what belongs to the whole
 * page: the keyboard and the Back button. A document that means harm can undo this; what holds it then is the console.
 */
(() => {
  "use strict";
  const NOTICES = new Set(["livedeck:blocked", "livedeck:link"]);
  const MOST_HOSTS = 20;
  const MOST_ADDRESS = 2000;
  const script = document.currentScript;
  /** "page": a saved Deck, by itself. "frame": the Deck's frame. Else a document in either, whose notices go up to it. */
  const role = script.dataset.role ?? "inner";
  const shows = role !== "inner";

  function tell(notice, at = document) {
    if (shows) at.dispatchEvent(new CustomEvent("livedeck:notice", { detail: notice, bubbles: true, composed: true }));
    else window.parent.postMessage(notice, "*");
  }

  function tellHost(event) {
    if (!/^(https?|wss?):/i.test(event.blockedURI)) return; // not from the network: eval, a blob
    const { host } = new URL(event.blockedURI);
    if (hosts.has(host) || hosts.size >= MOST_HOSTS) return;
    hosts.add(host);
    tell({ type: "livedeck:blocked", host }, event.target);
  }
  const hosts = new Set();
  document.addEventListener("securitypolicyviolation", tellHost);

  // What a document further in has to say goes up until somebody shows it.
  if (!shows) {
    window.addEventListener("message", ({ source, data }) => {
      if (source !== window && source !== window.parent && NOTICES.has(data?.type)) tell(data);
    });
  }

  // A document in a srcdoc inherits the policy without a report to here: it gets a copy of this script.
  function guardInner(frame) {
    const html = frame.getAttribute("srcdoc");
    if (html === null || html.includes("livedeck:blocked")) return;
    const at = /^\s*<!doctype[^>]*>/i.exec(html)?.[0].length ?? 0;
    frame.setAttribute("srcdoc", `${html.slice(0, at)}<script>${script.textContent}\x3C/script>${html.slice(at)}`);
  }
  window.livedeckGuardInner = (root) => root.querySelectorAll("iframe[srcdoc]").forEach(guardInner);

  // The viewer gives a document the keyboard by a click or a key in it; a script may then move it about.
  const asked = () => navigator.userActivation?.isActive !== false;
  const { focus } = HTMLElement.prototype;
  HTMLElement.prototype.focus = function (...options) {
    if (asked() || (document.hasFocus() && document.activeElement !== document.body)) focus.apply(this, options);
  };
  if (window.SVGElement) SVGElement.prototype.focus = HTMLElement.prototype.focus;
  const focusWindow = window.focus;
  window.focus = () => void (asked() && focusWindow.call(window));

  // Each step of a script's would be one more press of Back before the viewer leaves the page.
  if (role !== "page") {
    const { replaceState } = History.prototype;
    History.prototype.pushState = function (...step) {
      replaceState.apply(this, step);
    };
  }

  // Refused anyway; but Chromium ends the process of a document in a srcdoc that asks for one.
  delete window.RTCPeerConnection;
  delete window.webkitRTCPeerConnection;

  function follow(event) {
    const link = event.composedPath().find(isLink);
    if (link && !event.defaultPrevented && lead(link)) event.preventDefault();
  }
  function isLink(target) {
    return target instanceof Element && /^(a|area)$/i.test(target.localName);
  }
  /** Go where a link leads, if that is not for the browser to do; in a srcdoc even "#" would lead away from it. */
  function lead(link) {
    const address = (link.getAttribute("href") ?? link.getAttribute("xlink:href"))?.trim();
    if (address === undefined || /^javascript:/i.test(address)) return false;
    if (address.startsWith("#")) goTo(address.slice(1));
    else if (address !== "" && role !== "page") tell({ type: "livedeck:link", address: address.slice(0, MOST_ADDRESS) });
    else return false;
    return true;
  }
  function goTo(name) {
    let id = name;
    try {
      id = decodeURIComponent(name);
    } catch {
      // Not encoded, then.
    }
    const target = document.getElementById(id) ?? document.getElementsByName(id)[0];
    if (target) target.scrollIntoView();
    else if (id === "" || id === "top") window.scrollTo(0, 0);
  }
  // On the window, after the document's own handlers: what one of them has taken care of is not a link to anywhere.
  window.addEventListener("click", follow);
  // A click on a link that stands nowhere is heard nowhere.
  const { click } = HTMLElement.prototype;
  HTMLElement.prototype.click = function () {
    if (this.isConnected || !isLink(this) || !lead(this)) click.call(this);
  };
})();
