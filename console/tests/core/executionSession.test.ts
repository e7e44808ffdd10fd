import { describe, expect, it, vi } from "vitest";
import { ExecutionSession } from "../../src/core/executionSession";
import { FakeSurroundings } from "./surroundings";

const executionId = { project: "p", domain: "d", name: "e" };
const node = (nodeId: string, phase: string) => ({ id: { nodeId, executionId }, closure: { phase } });
const task = (nodeId: string, retryAttempt: number, phase: string) => ({
  id: { nodeExecutionId: { nodeId, executionId }, ...(retryAttempt && { retryAttempt }) },
  closure: { phase },
});

describe("ExecutionSession", () => {
  it("keeps the latest word on the execution, its nodes and their attempts", async () => {
    const around = new FakeSurroundings();
    const session = new ExecutionSession(executionId, around);
    await around.last.open();
    await around.last.send("execution", { id: executionId, closure: { phase: "RUNNING" } }, "1");
    await around.last.send("node", node("n0", "QUEUED"), "2");
    await around.last.send("node", node("n1", "QUEUED"), "3");
    await around.last.send("ready", {});
    await around.last.send("node", node("n0", "RUNNING"), "4");
    await around.last.send("task", task("n0", 1, "RUNNING"), "5");
    await around.last.send("task", task("n0", 0, "RETRYABLE_FAILED"), "6");
    await around.tick();
    const view = session.view.get();
    expect(view.ready).toBe(true);
    expect(view.execution?.closure?.phase).toBe("RUNNING");
    expect([...view.nodes.values()].map((one) => [one.id.nodeId, one.closure?.phase])).toEqual([
      ["n0", "RUNNING"],
      ["n1", "QUEUED"],
    ]);
    expect(view.tasks.get("n0")?.map((one) => one.closure?.phase)).toEqual(["RETRYABLE_FAILED", "RUNNING"]);
  });

  it("says that it was deleted, keeps what it knew, and asks no more", async () => {
    const around = new FakeSurroundings();
    const session = new ExecutionSession(executionId, around);
    await around.last.open();
    await around.last.send("execution", { id: executionId, closure: { phase: "SUCCEEDED" } }, "1");
    await around.last.send("deleted", { id: executionId }, "2");
    await around.tick();
    expect(session.view.get()).toMatchObject({
      deleted: true,
      stream: { status: "ended" },
      execution: { closure: { phase: "SUCCEEDED" } },
    });
  });

  it("counts no more once it is deleted, or the server does not have it any more", async () => {
    for (const ends of ["deleted", "refused"] as const) {
      const around = new FakeSurroundings();
      const session = new ExecutionSession(executionId, around);
      await around.last.open();
      await around.last.send("execution", { id: executionId, closure: { phase: "RUNNING" } }, "1");
      await around.tick();
      expect(session.view.get().gone).toBe(false);
      if (ends === "deleted") await around.last.send("deleted", { id: executionId }, "2");
      else {
        await around.last.drop();
        while (around.connections.length === 1) await around.tick();
        await around.last.reject(404, "there is none");
      }
      while (!session.view.get().gone) await around.tick();
      expect(session.view.get()).toMatchObject({ gone: true, execution: { closure: { phase: "RUNNING" } } });
      const stopped = session.clock.now();
      await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(stopped));
      expect(session.clock.now()).toBe(stopped);
    }
  });

  it("takes the queue whole, each time that it is told", async () => {
    const around = new FakeSurroundings();
    const session = new ExecutionSession(executionId, around);
    await around.last.open();
    const queue = { reasons: ["waits for 2 CPUs of 4"], nodes: { n1: { ahead: 0, reason: 0 }, n2: { ahead: 1, reason: 0 } } };
    await around.last.send("queue", queue);
    await around.tick();
    expect([...session.view.get().queue]).toEqual([
      ["n1", { ahead: 0, reason: "waits for 2 CPUs of 4" }],
      ["n2", { ahead: 1, reason: "waits for 2 CPUs of 4" }],
    ]);
    await around.last.send("queue", { reasons: [], nodes: {} });
    await around.tick();
    expect(session.view.get().queue.size).toBe(0);
  });

  it("keeps what it knows while the connection is lost", async () => {
    const around = new FakeSurroundings();
    const session = new ExecutionSession(executionId, around);
    await around.last.open();
    await around.last.send("execution", { id: executionId, closure: { phase: "RUNNING" } }, "1");
    await around.last.drop();
    await around.tick();
    expect(session.view.get()).toMatchObject({ stream: { status: "reconnecting" }, execution: { id: executionId } });
  });

  it("forgets the nodes of another database, and says why what it knows may be old", async () => {
    const around = new FakeSurroundings();
    const session = new ExecutionSession(executionId, around);
    await around.last.open();
    await around.last.send("execution", { id: executionId, closure: { phase: "RUNNING" } }, "1");
    await around.last.send("node", node("n0", "SUCCEEDED"), "2");
    await around.last.send("task", task("n0", 0, "SUCCEEDED"), "3");
    await around.last.send("stale", { reason: "the database is away" });
    await around.tick();
    expect(session.view.get().stale).toBe("the database is away");
    await around.last.drop();
    while (!around.last.lastEventId) await around.tick();
    await around.last.open();
    await around.last.send("reset", {});
    await around.last.send("ready", {});
    await around.tick();
    expect(session.view.get()).toMatchObject({ stale: "", nodes: new Map(), tasks: new Map() });
  });

  it("makes one view of all that changes within a moment, however many events that is", async () => {
    const around = new FakeSurroundings();
    const session = new ExecutionSession(executionId, around);
    await around.last.open();
    await around.tick();
    let views = 0;
    session.view.subscribe(() => views++);
    for (let index = 0; index < 50; index++) await around.last.send("node", node(`n${index}`, "RUNNING"), String(index + 1));
    expect(views).toBe(0);
    await around.tick();
    expect([views, session.view.get().nodes.size]).toEqual([1, 50]);
  });
});
