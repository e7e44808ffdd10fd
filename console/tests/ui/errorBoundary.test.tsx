// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { ErrorBoundary } from "../../src/ui/ErrorBoundary";
import { rendered } from "../rendering";

function Fragile({ time }: { readonly time: string }) {
  return <p>{new Date(time).toISOString()}</p>;
}

const page = (time: string, about: string) => (
  <>
    <h1>the rest</h1>
    <ErrorBoundary what="The Deck" about={about}>
      <Fragile time={time} />
    </ErrorBoundary>
  </>
);

describe("ErrorBoundary", () => {
  it("says what happened and offers to reload, and leaves the rest of the page", () => {
    const { node } = rendered(page("x", "here"));
    expect(node.textContent).toContain("the rest");
    expect(node.querySelector("h2")?.textContent).toBe("The Deck cannot be shown");
    expect(node.textContent).toContain("RangeError: Invalid time value");
    expect(node.querySelector("button")?.textContent).toBe("Reload the page");
  });

  it("tries again once it is about something else", () => {
    const { node, render } = rendered(page("x", "here"));
    render(page("2026-11-24T10:00:00Z", "here"));
    expect(node.querySelector("h2")).not.toBeNull();
    render(page("2026-11-24T10:00:00Z", "there"));
    expect(node.querySelector("p")?.textContent).toBe("2026-11-24T10:00:00.000Z");
  });
});
