// @vitest-environment jsdom
import { beforeEach, expect, it } from "vitest";
import { useTitle } from "../../src/bindings/useTitle";
import { WORKFLOW_PHASES, type PhaseLook } from "../../src/core/phases";
import { rendered } from "../rendering";

function Titled({ words, look }: { readonly words: string; readonly look: PhaseLook | null }) {
  useTitle(words, look);
  return null;
}

beforeEach(() => {
  document.head.innerHTML = '<link rel="icon" href="/favicon.svg">';
});

const icon = () => document.querySelector<HTMLLinkElement>("link")?.href;

it("says what the page shows and how it stands", () => {
  const { render } = rendered(<Titled words="train" look={WORKFLOW_PHASES.RUNNING} />);
  expect(document.title).toBe("\u25b6 train - livedeck");
  expect(icon()).toMatch(/favicon\.svg$/);
  render(<Titled words="train" look={WORKFLOW_PHASES.SUCCEEDED} />);
  expect(document.title).toBe("\u2713 train - livedeck");
  expect(icon()).toMatch(/^data:image\/svg/);
  render(<Titled words="train" look={WORKFLOW_PHASES.FAILED} />);
  expect(document.title).toBe("\u2717 train - livedeck");
  render(<Titled words="" look={null} />);
  expect(document.title).toBe("livedeck");
  expect(icon()).toMatch(/favicon\.svg$/);
});

it("turns the direction of nothing behind it", () => {
  rendered(<Titled words={"\u202eabc of \u2068d\u2069"} look={null} />);
  expect(document.title).toBe("abc of d - livedeck");
});
