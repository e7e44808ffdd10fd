import { describe, expect, it } from "vitest";
import { ExecutionsSession } from "../../src/core/executionsSession";
import { FakeSurroundings } from "./surroundings";

const execution = (name: string, phase: string) => ({ id: { project: "p", domain: "d", name }, closure: { phase } });

describe("ExecutionsSession", () => {
  it("forgets what was deleted, until there is another of that name", async () => {
    const around = new FakeSurroundings();
    const session = new ExecutionsSession("p", "d", around);
    await around.last.open();
    await around.last.send("execution", execution("a", "SUCCEEDED"), "1");
    await around.last.send("execution", execution("b", "SUCCEEDED"), "2");
    await around.last.send("deleted", { id: execution("a", "").id }, "3");
    expect([...session.view.get().executions.keys()]).toEqual(["b"]);
    expect([...session.view.get().deleted]).toEqual(["a"]);
    await around.last.send("execution", execution("a", "RUNNING"), "4");
    expect([...session.view.get().executions.keys()]).toEqual(["b", "a"]);
    expect(session.view.get().deleted.size).toBe(0);
  });

  it("forgets everything when the server has another database", async () => {
    const around = new FakeSurroundings();
    const session = new ExecutionsSession("p", "d", around);
    await around.last.open();
    await around.last.send("execution", execution("a", "RUNNING"), "7");
    await around.last.drop();
    await around.tick();
    await around.last.open();
    expect(around.last.lastEventId).toBe("7");
    await around.last.send("reset", {});
    await around.last.send("execution", execution("b", "RUNNING"), "1");
    expect(session.view.get()).toMatchObject({ resets: 1, stream: { status: "open" } });
    expect([...session.view.get().executions.keys()]).toEqual(["b"]);
  });

  it("says that it may be behind for as long as the server does", async () => {
    const around = new FakeSurroundings();
    const session = new ExecutionsSession("p", "d", around);
    await around.last.open();
    await around.last.send("ready", {});
    await around.last.send("stale", { reason: "the database is away" });
    expect(session.view.get().stale).toBe("the database is away");
    await around.last.send("stale", { reason: "" });
    expect(session.view.get().stale).toBe("");
    await around.last.send("stale", { reason: "away again" });
    await around.last.drop();
    await around.tick();
    await around.last.open();
    await around.last.send("ready", {});
    expect(session.view.get().stale).toBe("");
  });
});
