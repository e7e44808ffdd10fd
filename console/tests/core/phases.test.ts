import { expect, it } from "vitest";
import { nodeLook } from "../../src/core/phases";

it("a gate that is reached waits: nothing of it runs", () => {
  const gate = { kind: "approval", signal: "good enough" } as const;
  expect(nodeLook({ phase: "RUNNING", gate })).toMatchObject({ label: "Waiting", tone: "waiting", terminal: false });
  expect(nodeLook({ phase: "SUCCEEDED", gate }).label).toBe("Succeeded");
  expect(nodeLook({ phase: "RUNNING", gate: null }).label).toBe("Running");
});
