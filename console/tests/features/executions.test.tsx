// @vitest-environment jsdom
import { act } from "react";
import { beforeEach, expect, it, vi } from "vitest";
import { restoredPageOf } from "../../src/app/routes";
import { RouterProvider } from "../../src/bindings/router";
import { ExecutionsTable } from "../../src/features/executions/ExecutionsTable";
import type { Execution } from "../../src/protocol/flyte";
import { frames, rendered } from "../rendering";

const MANY = 651;
const executions = Array.from({ length: MANY }, (_, number): Execution => ({
  id: { project: "p", domain: "d", name: `e${number}` },
  closure: { phase: "SUCCEEDED", startedAt: "2026-11-24T10:00:00Z", duration: "2s" },
}));
const table = (complete: boolean) => (
  <RouterProvider restoredPageOf={restoredPageOf}>
    <div data-scrolls="page">
      <ExecutionsTable executions={executions} complete={complete} />
    </div>
  </RouterProvider>
);

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(900); // of what scrolls
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(58); // of a row
});

it("has only the rows in sight in the page, each with its place among all", async () => {
  const page = rendered(table(true));
  await act(frames);
  const rows = page.node.querySelectorAll("tbody tr[data-index]");
  expect(rows.length).toBeGreaterThan(14);
  expect(rows.length).toBeLessThan(50);
  expect(rows[3]?.getAttribute("aria-rowindex")).toBe("5"); // after the head, counted from 1
  expect(page.node.querySelector("table")?.getAttribute("aria-rowcount")).toBe(String(MANY + 1));
  const room = page.node.querySelector<HTMLElement>("tr[aria-hidden]");
  expect(room?.style.height).toBe(`${(MANY - rows.length) * 58}px`);
});

it("does not say how many there are while there may be more", () => {
  expect(rendered(table(false)).node.querySelector("table")?.getAttribute("aria-rowcount")).toBe("-1");
});
