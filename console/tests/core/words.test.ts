import { describe, expect, it } from "vitest";
import { backoff } from "../../src/core/backoff";
import { deckMark, deckWords, earlierAttempt } from "../../src/core/deckWords";
import { formatAge, formatDuration, formatExactTime, formatFullTime, formatTime, parseDuration } from "../../src/core/durations";
import { mergeExecutions } from "../../src/core/executionOrder";
import { lastKnown, NODE_PHASES, WORKFLOW_PHASES } from "../../src/core/phases";
import { placeWords, queuedWords } from "../../src/core/queue";
import { executionPath, executionsPath, parseRoute } from "../../src/core/routes";
import { ServerClock } from "../../src/core/serverClock";
import type { StreamStatus } from "../../src/core/liveStream";
import { tickLabel, ticksOf } from "../../src/core/timeScale";
import type { Execution } from "../../src/protocol/flyte";

describe("durations", () => {
  it.each([
    [0, "0 s"],
    [9.96, "10 s"],
    [12.9, "12 s"],
    [184, "3 min 4 s"],
    [7500, "2 h 5 min"],
    [273_600, "3 d 4 h"],
  ])("%d seconds", (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it("ages tick in tenths, then coarser", () => {
    expect([0.44, 59, 61, 7300, 90_000].map(formatAge)).toEqual([
      "0.4 s ago",
      "59 s ago",
      "1 min ago",
      "2 h ago",
      "1 d ago",
    ]);
  });

  it("leaves what is no time as it is", () => {
    for (const time of ["x", "", "2026-99-99T00:00:00Z"]) {
      expect(formatTime(time)).toBe(time);
      expect(formatFullTime(time)).toBe(time);
    }
    expect(formatDuration(NaN)).toBe("–");
  });

  it("writes a moment as a saved page does, by the viewer's clock, with the zone where the day is", () => {
    const now = Date.parse("2026-11-24T10:00:00Z");
    expect(formatTime("2026-11-24T09:59:58.7Z", now)).toBe("09:59:58");
    expect(formatTime("2026-11-23T21:05:00Z", now)).toBe("23 Nov, 21:05:00");
    expect(formatTime("2024-05-01T12:05:30Z", now)).toBe("1 May 2024, 12:05:30");
    expect(formatFullTime("2024-05-01T12:05:30.25Z")).toBe("1 May 2024, 12:05:30 UTC");
    expect(formatFullTime("2024-05-01T00:00:00Z")).toBe("1 May 2024, 00:00:00 UTC");
    expect(formatExactTime("2024-05-01T12:05:30.25Z")).toBe("1 May 2024, 12:05:30.25 UTC");
  });

  it("marks an axis with round durations", () => {
    expect([0, 0.2, 2, 30, 60, 90, 3600, 5400, 86_400].map(tickLabel)).toEqual([
      "0 s",
      "0.2 s",
      "2 s",
      "30 s",
      "1 min",
      "1 min 30 s",
      "1 h",
      "1 h 30 min",
      "1 d",
    ]);
  });

  it("reads protobuf's durations", () => {
    expect(parseDuration("1.5s")).toBe(1.5);
    expect(parseDuration(undefined)).toBeNull();
  });
});

describe("ServerClock", () => {
  it("measures ages by the server's clock, not the viewer's", () => {
    let local = Date.parse("2020-01-01T00:00:00Z");
    const clock = new ServerClock(() => local);
    clock.hear("2026-11-24T10:00:05.000Z");
    local += 1000;
    expect(clock.secondsSince("2026-11-24T10:00:00.000Z")).toBe(6);
    clock.hear("");
    expect(clock.secondsSince("2026-11-24T10:00:30.000Z")).toBe(0);
    expect(clock.secondsSince(null)).toBeNull();
  });
});

describe("ServerClock with a Date header", () => {
  const local = Date.parse("2026-11-24T10:00:00.400Z");
  const clock = new ServerClock(() => local);

  it("corrects a viewer's clock that is off, to the second", () => {
    clock.hearDate("Tue, 24 Nov 2026 10:05:00 GMT");
    expect(clock.now()).toBe(Date.parse("2026-11-24T10:05:01Z"));
    clock.hearDate("Tue, 24 Nov 2026 09:00:00 GMT");
    expect(clock.now()).toBe(Date.parse("2026-11-24T09:00:01Z"));
  });

  it("leaves one alone that agrees as far as whole seconds can tell", () => {
    for (const second of ["09:59:58", "09:59:59", "10:00:00"]) {
      clock.hearDate(`Tue, 24 Nov 2026 ${second} GMT`);
      expect(clock.now()).toBe(local);
    }
  });

  it("knows nothing from no header", () => {
    clock.hearDate(null);
    clock.hearDate("yesterday");
    expect(clock.now()).toBe(local);
  });
});

describe("what nothing more is known of", () => {
  it("stands still, and is what it was", () => {
    let local = 1000;
    const clock = new ServerClock(() => local);
    clock.stop();
    local = 2000;
    clock.hearDate("Tue, 24 Nov 2026 10:05:00 GMT");
    expect(clock.now()).toBe(1000);
    const labels = [WORKFLOW_PHASES.RUNNING, NODE_PHASES.DYNAMIC_RUNNING, NODE_PHASES.UNDEFINED, WORKFLOW_PHASES.FAILED];
    expect(labels.map((look) => lastKnown(look).label)).toEqual(["Was running", "Was running children", "Not started", "Failed"]);
    expect(lastKnown(WORKFLOW_PHASES.RUNNING).icon).not.toBe("spinner");
  });
});

describe("routes", () => {
  it("reads back what it writes", () => {
    const route = {
      page: "execution",
      project: "my project",
      domain: "development",
      name: "a1",
      node: "n0-0-x",
      view: "deck",
      attempt: 0,
      rank: "all",
      run: "graph",
      tab: "a/b?",
      zoom: '[[":a&b",1,2]]',
      hide: '[["d","chart:é","+"]]',
      only: "FAILED",
      find: "x=3",
      inside: "n0",
    } as const;
    const [path = "", search = ""] = executionPath(route).split("?");
    expect(path).toBe("/console/projects/my%20project/domains/development/executions/a1");
    expect(parseRoute(path, search)).toEqual(route);
  });

  it("reads addresses written by hand", () => {
    const base = executionsPath({ project: "p", domain: "d" });
    expect(parseRoute(base, "?phase=FAILED")).toMatchObject({ page: "executions", phase: "FAILED", workflow: "" });
    expect(parseRoute(`${base}/a1/`, "?view=nonsense&attempt=-3")).toMatchObject({ view: null, attempt: null });
    expect(parseRoute(`${base}/a1/`, "?attempt=0")).toMatchObject({ attempt: null });
    expect(parseRoute(`${base}/a1/`, "?attempt=2")).toMatchObject({ attempt: 1 });
    expect(parseRoute("/console/", "")).toEqual({ page: "home" });
    expect(parseRoute("/console/elsewhere", "")).toEqual({ page: "unknown" });
    expect(parseRoute(`${base}/%E0%A4%A`, "")).toEqual({ page: "unknown" });
    expect(parseRoute("/console/%", "")).toEqual({ page: "unknown" });
  });
});

describe("mergeExecutions", () => {
  const execution = (name: string, createdAt: string, phase: "RUNNING" | "SUCCEEDED" = "RUNNING"): Execution => ({
    id: { project: "p", domain: "d", name },
    closure: { createdAt, phase, workflowId: { project: "p", domain: "d", name: "mod.flow", version: "v" } },
  });
  const any = { phase: null, workflow: "" };

  it("puts new executions first and takes the latest word on known ones", () => {
    const merged = mergeExecutions(
      [execution("b", "2"), execution("a", "1")],
      [execution("c", "3"), execution("a", "1", "SUCCEEDED")],
      any,
      false,
    );
    expect(merged.map((one) => [one.id.name, one.closure?.phase])).toEqual([
      ["c", "RUNNING"],
      ["b", "RUNNING"],
      ["a", "SUCCEEDED"],
    ]);
  });

  it("leaves a live one that belongs to a later page to that page", () => {
    expect(mergeExecutions([execution("b", "2")], [execution("a", "1")], any, false)).toHaveLength(1);
    expect(mergeExecutions([execution("b", "2")], [execution("a", "1")], any, true)).toHaveLength(2);
  });

  it("shows only what fits the filter", () => {
    const live = [execution("a", "1"), execution("b", "2", "SUCCEEDED")];
    expect(mergeExecutions([], live, { phase: "SUCCEEDED", workflow: "flo" }, true)).toHaveLength(1);
    expect(mergeExecutions([], live, { phase: null, workflow: "other" }, true)).toHaveLength(0);
  });
});

describe("deckWords", () => {
  it("says how a task died, and how long it had been silent", () => {
    const { banner } = deckWords({
      phase: "died",
      reason: "killed by signal 9",
      publishedAt: "2026-11-24T10:00:00Z",
      endedAt: "2026-11-24T10:00:04Z",
    });
    expect(banner?.title).toBe("The task died.");
    expect(banner?.text).toMatch(/^killed by signal 9\. It last published at .*, 4\.0 s before it ended\.$/);
  });

  it("says of a Deck that tasks share how the execution ended", () => {
    expect(deckWords({ phase: "failed", shared: true }).banner?.title).toBe("The execution failed.");
    expect(deckWords({ phase: "aborted", shared: true }).banner?.title).toBe("The execution was aborted.");
    expect(deckWords({ phase: "aborted" }).banner?.title).toBe("The task was aborted.");
  });

  it("says what a task died of, not what it printed last", () => {
    const reason = "The process was killed (SIGKILL).\nThe end of its output:\npid 22501\n";
    const { banner } = deckWords({ phase: "died", reason });
    expect(banner?.text).toBe("The process was killed (SIGKILL). It had published nothing.");
  });

  it("has words for times that are none", () => {
    const state = { phase: "died", publishedAt: "x", endedAt: "2026-11-24T10:00:04Z" } as const;
    expect(deckWords(state).banner?.text).toBe("It last published at x.");
  });

  it("says that a task is over while the end of its Deck is on its way", () => {
    const reason = "The task succeeded; its last changes are still being uploaded.";
    const { mark, banner, empty } = deckWords({ phase: "finishing", reason });
    expect([mark, banner?.text, empty.text]).toEqual(["Finishing", reason, reason]);
  });

  it("calls a Deck live only while the connection is known to be there", () => {
    const mark = (paused: boolean, status: StreamStatus) => deckMark({ phase: "live" }, paused, status).mark;
    expect(mark(false, "open")).toBe("Live");
    for (const status of ["connecting", "reconnecting"] as const) expect(mark(false, status)).toBe("Reconnecting …");
    expect(mark(false, "refused")).toBe("Not live");
    expect(mark(true, "open")).toBe("Paused");
    expect(deckMark({ phase: "succeeded" }, false, "ended").mark).toBe("Complete");
  });

  it("says what a queued task waits for, and its place", () => {
    expect(deckWords({ phase: "queued", reason: "waits for 2 CPUs of 4", ahead: 3 }).empty.text).toBe(
      "Waits for 2 CPUs of 4; 3 attempts are ahead of it. The Deck appears here once the task starts.",
    );
    expect(deckWords({ phase: "queued" }).empty.text).toBe("The Deck appears here once the task starts.");
    expect(queuedWords({ reason: "waits for 1 GPU", ahead: 0 })).toBe("Waits for 1 GPU; it is next.");
    expect(queuedWords({ reason: "", ahead: 1 })).toBe("1 attempt is ahead of it.");
    expect(queuedWords({ reason: "", ahead: null })).toBe("Waits to be started.");
    expect([null, 0, 12].map(placeWords)).toEqual(["Queued", "Queued, next", "Queued, 12 ahead"]);
  });

  it("says which attempt it is unless it is the latest", () => {
    expect(earlierAttempt({ phase: "died", attempt: 0, attempts: 3 })).toBe("Attempt 1 of 3.");
    expect(earlierAttempt({ phase: "live", attempt: 2, attempts: 3 })).toBeNull();
    expect(earlierAttempt({ phase: "queued" })).toBeNull();
  });
});

describe("the time axis", () => {
  it("marks round numbers, a handful of them", () => {
    expect(ticksOf(27)).toEqual([0, 5, 10, 15, 20, 25]);
    for (const seconds of [0.3, 7, 100, 5000, 100_000, 3e6]) expect(ticksOf(seconds).length).toBeLessThanOrEqual(7);
  });
});

describe("backoff", () => {
  it("stays within its bounds whatever the dice say", () => {
    for (let failures = 0; failures < 50; failures++) {
      expect(backoff(failures, () => 0)).toBeGreaterThanOrEqual(125);
      expect(backoff(failures, () => 0.999)).toBeLessThanOrEqual(8000);
    }
  });
});
