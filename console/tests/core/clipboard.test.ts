// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { copyText } from "../../src/core/clipboard";

let button: HTMLButtonElement;

/** jsdom has neither of the two ways to copy: a test says what the browser has. */
function browser(has: { readonly clipboard?: object; readonly execCommand?: () => boolean }): void {
  Object.defineProperty(navigator, "clipboard", { value: has.clipboard, configurable: true });
  Object.defineProperty(document, "execCommand", { value: has.execCommand, configurable: true });
}

beforeEach(() => {
  button = document.createElement("button");
  document.body.replaceChildren(button);
  button.focus();
});

afterEach(() => browser({}));

describe("copyText", () => {
  it("uses the clipboard where there is one", async () => {
    const writeText = vi.fn(() => Promise.resolve());
    browser({ clipboard: { writeText } });
    expect(await copyText("a link", button)).toBe(true);
    expect(writeText).toHaveBeenCalledWith("a link");
  });

  it("copies a selection over plain HTTP, and leaves the page as it was", async () => {
    let selected = "";
    browser({
      execCommand: () => {
        const field = document.activeElement as HTMLTextAreaElement;
        selected = field.value.slice(field.selectionStart, field.selectionEnd);
        return true;
      },
    });
    expect(await copyText("a link", button)).toBe(true);
    expect(selected).toBe("a link");
    expect(document.activeElement).toBe(button);
    expect(document.querySelector("textarea")).toBeNull();
  });

  it("tries the selection when the clipboard is refused, and says when nothing works", async () => {
    const clipboard = { writeText: () => Promise.reject(new DOMException("no", "NotAllowedError")) };
    browser({ clipboard, execCommand: () => true });
    expect(await copyText("a link", button)).toBe(true);
    browser({ clipboard, execCommand: () => false });
    expect(await copyText("a link", button)).toBe(false);
    browser({});
    expect(await copyText("a link", button)).toBe(false);
  });
});
