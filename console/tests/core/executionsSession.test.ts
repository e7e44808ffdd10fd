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
});
