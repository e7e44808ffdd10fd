// @vitest-environment jsdom
import { Profiler, act } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { restoredPageOf } from "../../src/app/routes";
import { ClockContext } from "../../src/bindings/clock";
import { RouterProvider } from "../../src/bindings/router";
import { NodeRows } from "../../src/core/nodeTree";
import { parseRoute, type ExecutionRoute } from "../../src/core/routes";
import { ServerClock } from "../../src/core/serverClock";
import { Timeline } from "../../src/features/execution/Timeline";
import type { Execution, NodeExecution, NodePhase } from "../../src/protocol/flyte";
import { rendered, type Rendered } from "../rendering";

const MANY = 1200;
const executionId = { project: "p", domain: "d", name: "e" };
const START = "2026-11-24T10:00:00Z";
const NOW = Date.parse(START) + 5000;
const running: Execution = { id: executionId, closure: { phase: "RUNNING", startedAt: START } };
const route = parseRoute("/console/projects/p/domains/d/executions/e", "") as ExecutionRoute;

const node = (nodeId: string, phase: NodePhase): NodeExecution => ({
  id: { nodeId, executionId },
  closure: { phase, startedAt: START },
});
const nodes = new Map(Array.from({ length: MANY }, (_, n) => [`n${n}`, node(`n${n}`, "RUNNING")]));

const clock = new ServerClock(() => Date.now());
let renders: number;
let page: Rendered;
const made = new NodeRows();
const timeline = (shown: ReadonlyMap<string, NodeExecution>) => (
  <RouterProvider restoredPageOf={restoredPageOf}>
    <ClockContext value={clock}>
      <div data-scrolls="run">
        <Profiler id="timeline" onRender={() => renders++}>
          <Timeline route={route} execution={running} rows={made.rows(shown, new Map(), null)} />
        </Profiler>
      </div>
    </ClockContext>
  </RouterProvider>
);

let frames: Map<number, FrameRequestCallback>;
let requested = 0;

/** As many frames have passed as it takes, and no time. */
function allDrawn(): void {
  while (frames.size > 0) {
    const due = [...frames.values()];
    frames.clear();
    act(() => due.forEach((callback) => callback(0)));
  }
}

beforeEach(() => {
  renders = 0;
  frames = new Map();
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => {
    frames.set(++requested, callback);
    return requested;
  });
  vi.stubGlobal("cancelAnimationFrame", (id: number) => frames.delete(id));
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"], now: NOW });
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(900); // of what scrolls
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(48); // of a row
});

afterEach(() => {
  page.render(null);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("has only the rows in sight in the page, and says how many there are", () => {
  page = rendered(timeline(nodes));
  allDrawn();
  const rows = page.node.querySelectorAll("li");
  expect(rows.length).toBeGreaterThan(15);
  expect(rows.length).toBeLessThan(50);
  expect(rows[3]?.getAttribute("aria-setsize")).toBe(String(MANY));
  expect(rows[3]?.getAttribute("aria-posinset")).toBe("4");
  expect(page.node.querySelectorAll("*").length).toBeLessThan(900);
});

it("puts few rows into the page at a time", () => {
  page = rendered(timeline(nodes));
  expect(page.node.querySelectorAll("li")).toHaveLength(12);
  allDrawn();
  expect(page.node.querySelectorAll("li").length).toBeGreaterThan(12);
});

it("renders nothing for the time that passes", () => {
  page = rendered(timeline(nodes));
  allDrawn();
  const duration = () => page.node.querySelector(".timeline-duration")?.textContent;
  const span = () => page.node.querySelector<HTMLElement>(".timeline-bar")?.style.getPropertyValue("--span");
  expect([duration(), span()]).toEqual(["5.0 s", "5"]);
  const before = renders;
  act(() => void vi.advanceTimersByTime(750));
  expect([duration(), span()]).toEqual(["5.7 s", "5.75"]);
  expect(renders).toBe(before);
});

it("touches only the row of which something has changed", () => {
  page = rendered(timeline(nodes));
  allDrawn();
  const changes = new MutationObserver(() => undefined);
  changes.observe(page.node, { subtree: true, childList: true, attributes: true, characterData: true });
  page.render(timeline(new Map([...nodes, ["n3", node("n3", "SUCCEEDED")]])));
  const touched = changes.takeRecords().map(({ target }) => {
    const element = target instanceof Element ? target : target.parentElement;
    return element?.closest("[data-node], nav");
  });
  const rows = new Set(touched.map((row) => row?.getAttribute("data-node") ?? row?.getAttribute("aria-label")));
  expect(rows).toEqual(new Set(["n3", "Nodes by phase"]));
});
