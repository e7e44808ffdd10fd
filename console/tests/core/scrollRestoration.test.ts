// @vitest-environment jsdom
import { beforeEach, expect, it, vi } from "vitest";
import { ScrollRestoration } from "../../src/core/scrollRestoration";

/** A page that scrolls, with a list of links. jsdom lays nothing out: how far it can be scrolled is set here. */
function page(longest: number): HTMLElement {
  document.body.innerHTML = '<div data-scrolls="page"><a href="/one">one</a><a href="/two">two</a></div>';
  const [element] = document.querySelectorAll<HTMLElement>("[data-scrolls]");
  if (!element) throw new Error("no page");
  let top = 0;
  Object.defineProperty(element, "scrollTop", { get: () => top, set: (to: number) => (top = Math.min(to, longest)) });
  return element;
}

const frame = () => new Promise((done) => requestAnimationFrame(done));
const back = async () => {
  const came = new Promise((done) => window.addEventListener("popstate", done, { once: true }));
  history.back();
  await came;
};

const LIST = { identity: "list", focus: "h1", scrolls: ["page"] };

beforeEach(() => {
  vi.spyOn(performance, "now").mockReturnValue(0); // the time in which content may come is not over
  history.replaceState(null, "", "/list");
});

it("is found again on Back, as soon as there is enough to scroll to", async () => {
  const restoration = new ScrollRestoration(window);
  const end = restoration.restoreOnBack();
  restoration.show(LIST);
  page(1000).scrollTop = 400;
  document.querySelector<HTMLElement>("a[href='/two']")?.focus();
  restoration.leave();
  history.pushState(null, "", "/two");
  page(0);
  await back();
  await frame();
  await frame();
  const list = page(1000); // the content is there only now
  await frame();
  await frame();
  expect(list.scrollTop).toBe(400);
  expect(document.activeElement?.getAttribute("href")).toBe("/two");
  end();
});

it("leaves alone a viewer who moves by themselves", async () => {
  const restoration = new ScrollRestoration(window);
  const end = restoration.restoreOnBack();
  restoration.show(LIST);
  page(1000).scrollTop = 400;
  restoration.leave();
  history.pushState(null, "", "/two");
  page(0);
  await back();
  await frame();
  window.dispatchEvent(new Event("wheel"));
  const list = page(1000);
  await frame();
  await frame();
  expect(list.scrollTop).toBe(0);
  end();
});

it("begins at the top of another page, and with its heading where what had the focus is gone", async () => {
  const restoration = new ScrollRestoration(window);
  restoration.show(LIST);
  const list = page(1000);
  list.scrollTop = 400;
  restoration.leave();
  history.pushState(null, "", "/two");
  restoration.show({ ...LIST, identity: "two" });
  await frame();
  expect(list.scrollTop).toBe(0);
  list.innerHTML = "<h1>Two</h1>"; // comes later
  await frame();
  await frame();
  expect(document.activeElement?.textContent).toBe("Two");
});

it("leaves focus and scroll alone where another view of the same page is shown", async () => {
  const restoration = new ScrollRestoration(window);
  restoration.show(LIST);
  const list = page(1000);
  list.scrollTop = 400;
  history.pushState(null, "", "/list?filtered");
  restoration.show({ ...LIST });
  await frame();
  await frame();
  expect([list.scrollTop, document.activeElement]).toEqual([400, document.body]);
});
