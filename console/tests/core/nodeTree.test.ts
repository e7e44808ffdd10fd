import { describe, expect, it } from "vitest";
import { ItemsOfNodes, tallyWords } from "../../src/core/items";
import { childrenOf, nodesAround, NodeRows } from "../../src/core/nodeTree";
import { attemptLook } from "../../src/core/phases";
import { idsInside, rowsOfGraph, workflowEdges } from "../../src/core/workflowGraph";
import type { NodeExecution, NodePhase, TaskExecution, Workflow } from "../../src/protocol/flyte";

const executionId = { project: "p", domain: "d", name: "e" };
const entity = (name: string) => ({ project: "p", domain: "d", name, version: "v" });
const node = (nodeId: string, closure: NodeExecution["closure"] = {}, metadata = {}): NodeExecution => ({
  id: { nodeId, executionId },
  closure,
  metadata,
});
const byId = (...nodes: NodeExecution[]) => new Map(nodes.map((one) => [one.id.nodeId, one]));
const workflow: Workflow = {
  id: entity("flow"),
  closure: {
    compiledWorkflow: {
      primary: {
        template: {
          nodes: [
            { id: "start-node" },
            { id: "n0", taskNode: { referenceId: entity("mod.load") } },
            { id: "n1", metadata: { name: "fit" }, upstreamNodeIds: ["n0"] },
            { id: "end-node" },
          ],
        },
        connections: { downstream: { "start-node": { ids: ["n0"] }, n0: { ids: ["n1"] }, n1: { ids: ["end-node"] } } },
      },
    },
  },
};

const nodeRows = (...made: Parameters<NodeRows["rows"]>) => new NodeRows().rows(...made);

describe("nodeRows", () => {
  it("lists what the workflow declares before it runs, without its boundaries", () => {
    const rows = nodeRows(byId(node("start-node", { phase: "SUCCEEDED" })), new Map(), workflow);
    expect(rows.map(({ id, name, phase }) => [id, name, phase])).toEqual([
      ["n0", "load", "UNDEFINED"],
      ["n1", "fit", "UNDEFINED"],
    ]);
  });

  it("calls a map by the task that it maps while the workflow is not known", () => {
    const taskId = entity("mod.map_descend_6b3bd0353da5de6e84d7982921ead2b3-arraynode");
    const attempt: TaskExecution = { id: { taskId, nodeExecutionId: { nodeId: "n0", executionId }, retryAttempt: 0 } };
    const [row] = nodeRows(byId(node("n0", {}, { isArray: true })), new Map([["n0", [attempt]]]), null);
    expect(row?.name).toBe("descend");
  });

  it("says of a map how many items it has and how they stand, and stays as it was while they do", () => {
    const attempt: TaskExecution = {
      id: { taskId: entity("mod.fit"), nodeExecutionId: { nodeId: "n0", executionId }, retryAttempt: 0 },
      closure: { phase: "RUNNING", customInfo: { items: 12000 } },
    };
    const [nodes, tasks] = [byId(node("n0", { phase: "RUNNING" }, { isArray: true })), new Map([["n0", [attempt]]])];
    const items = new ItemsOfNodes();
    const told = (index: number[], attempts: number[], phase: string[]) => {
      const none = index.map(() => 0);
      items.take({ nodes: { n0: { index, attempt: attempts, phase, started: none, seconds: none, deck: index.map(() => false), ranks: 1, rankDecks: false } } });
    };
    const rows = new NodeRows();
    const made = () => rows.rows(nodes, tasks, null, undefined, undefined, items.all())[0];
    const words = () => tallyWords(made()?.tally ?? { size: null, counts: new Map() });
    expect(rows.rows(nodes, new Map(), null)[0]?.tally).toBeNull();
    expect(words()).toBe("12,000 items");
    told([0, 1, 2], [0, 0, 0], ["SUCCEEDED", "FAILED", "QUEUED"]);
    expect(words()).toBe("12,000 items: 1 failed, 1 queued, 1 succeeded");
    told([1, 3], [1, 0], ["RUNNING", "ABORTED"]);
    expect(words()).toBe("12,000 items: 1 running, 1 queued, 1 aborted, 1 succeeded");
    expect(made()).toBe(made());
  });

  it("has the Deck's button as soon as the node names one", () => {
    const running = node("n0", { phase: "RUNNING", startedAt: "2026-11-24T10:00:00Z", deckUri: "file:///d/deck.html" });
    const [row] = nodeRows(byId(running), new Map(), workflow);
    expect(row).toMatchObject({ hasDeck: true, phase: "RUNNING", endedAt: null });
  });

  it("knows when a node ended, and whether it came from the cache", () => {
    const ended = node("n0", {
      phase: "SUCCEEDED",
      startedAt: "2026-11-24T10:00:00Z",
      duration: "2.5s",
      taskNodeMetadata: { cacheStatus: "CACHE_HIT" },
    });
    const [row] = nodeRows(byId(ended), new Map(), workflow);
    expect((row?.endedAt ?? 0) - (row?.startedAt ?? 0)).toBe(2500);
    expect(row?.cached).toBe(true);
  });

  const attempt = (retryAttempt: number, closure: TaskExecution["closure"]): TaskExecution => ({
    id: { taskId: entity("mod.load"), nodeExecutionId: { nodeId: "n0", executionId }, retryAttempt },
    ...(closure && { closure }),
  });
  const at = "2026-11-24T10:00:00Z";

  it("says of a queued node since when, what for and how many are ahead", () => {
    const waits = attempt(0, { phase: "WAITING_FOR_RESOURCES", createdAt: at, reason: "waits for 2 CPUs of 4" });
    const nodes = byId(node("n0", { phase: "QUEUED", createdAt: "2026-11-24T09:00:00Z" }));
    const recorded = nodeRows(nodes, new Map([["n0", [waits]]]), null)[0];
    expect(recorded?.queued).toEqual({ reason: "waits for 2 CPUs of 4", ahead: null, since: Date.parse(at) });
    const now = new Map([["n0", { reason: "waits for 1 CPU of 4", ahead: 3 }]]);
    const live = nodeRows(nodes, new Map([["n0", [waits]]]), null, now)[0];
    expect(live?.queued).toEqual({ reason: "waits for 1 CPU of 4", ahead: 3, since: Date.parse(at) });
  });

  it("calls a node queued while its retry waits, and running once that runs", () => {
    const nodes = byId(node("n0", { phase: "RUNNING", startedAt: at }));
    const failed = attempt(0, { phase: "FAILED", startedAt: at });
    const [queued] = nodeRows(nodes, new Map([["n0", [failed, attempt(1, { phase: "QUEUED" })]]]), null);
    expect([queued?.phase, queued?.queued]).toEqual(["QUEUED", { reason: "", ahead: null, since: null }]);
    const [running] = nodeRows(nodes, new Map([["n0", [failed, attempt(1, { phase: "RUNNING" })]]]), null);
    expect([running?.phase, running?.queued]).toEqual(["RUNNING", null]);
  });

  it("shows an attempt that was retried as that, and the last one as it ended", () => {
    const attempts = [attempt(0, { phase: "FAILED" }), attempt(1, { phase: "FAILED" })];
    expect(attempts.map((one) => attemptLook(one, attempts))).toMatchObject([
      { label: "Failed, retried", tone: "quiet" },
      { label: "Failed", tone: "bad" },
    ]);
  });

  it("puts children under their parent", () => {
    const nodes = byId(
      node("n0", {}, { isParentNode: true }),
      node("n1"),
      node("n0-0-start-node"),
      node("n0-0-a", {}, { isParentNode: true }),
      node("n0-0-a-0-x"),
    );
    const rows = nodeRows(nodes, new Map(), null);
    expect(rows.map(({ id, depth }) => [id, depth])).toEqual([
      ["n0", 0],
      ["n0-0-a", 1],
      ["n0-0-a-0-x", 2],
      ["n1", 0],
    ]);
  });

  it("names a node after its task when the workflow is not known", () => {
    const attempt: TaskExecution = {
      id: { taskId: entity("pkg.mod.train"), nodeExecutionId: { nodeId: "n7", executionId } },
    };
    const [row] = nodeRows(byId(node("n7")), new Map([["n7", [attempt]]]), null);
    expect(row?.name).toBe("train");
  });
});

describe("nodes that start executions", () => {
  const child = { project: "p", domain: "d", name: "e-n0-0" };
  const plans: Workflow = {
    id: entity("flow"),
    closure: {
      compiledWorkflow: {
        primary: {
          template: {
            nodes: [
              { id: "n0", workflowNode: { launchplanRef: entity("mod.plan") } },
              { id: "n1", arrayNode: { node: { id: "i", workflowNode: { launchplanRef: entity("mod.plan") } } } },
            ],
          },
        },
      },
    },
  };

  it("are known from the workflow, and link once the execution is there", () => {
    const [before] = nodeRows(new Map(), new Map(), plans);
    expect(before).toMatchObject({ name: "plan", startsExecution: true, child: null, holdsNodes: false });
    const [row] = nodeRows(byId(node("n0", { phase: "RUNNING", workflowNodeMetadata: { executionId: child } })), new Map(), plans);
    expect(row).toMatchObject({ startsExecution: true, child });
  });

  it("are the nodes inside of a map over a launch plan", () => {
    const map = node("n1", { phase: "RUNNING" }, { isArray: true });
    const item = node("n1-0-n0", { phase: "RUNNING", workflowNodeMetadata: { executionId: child } });
    const rows = nodeRows(byId(map, item), new Map(), plans);
    expect(rows.find(({ id }) => id === "n1")).toMatchObject({ holdsItems: false, holdsNodes: true });
    expect(rows.find(({ id }) => id === "n1-0-n0")).toMatchObject({ depth: 1, child, startsExecution: true });
  });

  it("are counted by their map, whose size is known once all have succeeded", () => {
    const item = (index: number, phase: NodePhase) => node(`n1-0-n${index}`, { phase });
    const rows = new NodeRows();
    const tallies = (map: NodePhase, ...items: NodeExecution[]) => {
      const made = rows.rows(byId(node("n1", { phase: map }, { isArray: true }), ...items), new Map(), plans);
      const { tally } = made.find(({ id }) => id === "n1") ?? {};
      return tally && tallyWords(tally);
    };
    expect(tallies("RUNNING")).toBeNull();
    expect(tallies("RUNNING", item(0, "RUNNING"), item(1, "FAILED"))).toBe("2 begun: 1 failed, 1 running");
    expect(tallies("RUNNING", item(0, "SUCCEEDED"), item(1, "FAILED"))).toBe("2 begun: 1 failed, 1 succeeded");
    expect(tallies("SUCCEEDED", item(0, "SUCCEEDED"), item(1, "FAILED"))).toBe("2 items: 1 failed, 1 succeeded");
  });

  it("are nodes also where a map runs a task that was registered to be run once", () => {
    const reference: Workflow = {
      id: entity("flow"),
      closure: {
        compiledWorkflow: {
          primary: {
            template: {
              nodes: [{ id: "n0", arrayNode: { node: { id: "i", taskNode: { referenceId: entity("mod.fit") } }, isOriginalSubNodeInterface: true } }],
            },
          },
        },
      },
    };
    const map = node("n0", { phase: "RUNNING" }, { isArray: true });
    const rows = nodeRows(byId(map, node("n0-0-n0", { phase: "RUNNING" }, { specNodeId: "n0" })), new Map(), reference);
    expect(rows.map(({ name, depth, holdsItems, holdsNodes }) => ({ name, depth, holdsItems, holdsNodes }))).toEqual([
      { name: "fit", depth: 0, holdsItems: false, holdsNodes: true },
      { name: "fit", depth: 1, holdsItems: false, holdsNodes: false },
    ]);
  });

  it("go by the name of their map, and nodes inside of them by their own", () => {
    const mapped: Workflow = {
      id: entity("flow"),
      closure: {
        compiledWorkflow: {
          primary: {
            template: {
              nodes: [
                { id: "n0", arrayNode: { node: { id: "i", workflowNode: { launchplanRef: entity("mod.plan") } } } },
                {
                  id: "n1",
                  metadata: { name: "train-europe" },
                  inputs: [{ var: "x", binding: { promise: { nodeId: "n0", var: "o0" } } }],
                  arrayNode: { node: { id: "i", workflowNode: { subWorkflowRef: entity("mod.inner") } } },
                },
              ],
            },
          },
          subWorkflows: [{ template: { id: entity("mod.inner"), nodes: [{ id: "n0", taskNode: { referenceId: entity("mod.fit") } }] } }],
        },
      },
    };
    const nodes = byId(
      node("n0", {}, { isArray: true }),
      node("n0-0-n7", {}, { specNodeId: "n7" }),
      node("n1", {}, { isArray: true }),
      node("n1-0-n0", {}, { specNodeId: "n0", isParentNode: true }),
      node("n1-0-n0-0-n0", {}, { specNodeId: "n0" }),
    );
    expect(nodeRows(nodes, new Map(), mapped).map(({ id, name, given }) => [id, name, given])).toEqual([
      ["n0", "plan", ""],
      ["n0-0-n7", "plan", ""],
      ["n1", "train-europe", "x=n0.o0"],
      ["n1-0-n0", "train-europe", ""],
      ["n1-0-n0-0-n0", "fit", ""],
    ]);
  });
});

describe("nodes of one name", () => {
  const given = (id: string, value: string | number) => ({
    id,
    metadata: { name: "square" },
    inputs: [
      { var: "x", binding: { scalar: { primitive: { [typeof value === "string" ? "stringValue" : "integer"]: value } } } },
      { var: "y", binding: { promise: { nodeId: "n0", var: "o0" } } },
      { var: "z", binding: { collection: { bindings: [{ scalar: {} }] } } },
    ],
  });
  const square: Workflow = {
    id: entity("flow"),
    closure: {
      compiledWorkflow: {
        primary: { template: { nodes: [given("n1", 3), given("n2", "a"), { ...given("n3", 1), metadata: { name: "one" } }] } },
      },
    },
  };

  it("are told apart by what they are given", () => {
    const rows = nodeRows(new Map(), new Map(), square);
    expect(rows.map((row) => row.given)).toEqual(["x=3, y=n0.o0, z=[None]", 'x="a", y=n0.o0, z=[None]', ""]);
  });
});

describe("nodes inside of a sub-workflow", () => {
  const inner = entity("mod.inner");
  const outer: Workflow = {
    id: entity("flow"),
    closure: {
      compiledWorkflow: {
        primary: { template: { nodes: [{ id: "n0", workflowNode: { subWorkflowRef: inner } }] } },
        subWorkflows: [
          {
            template: {
              id: inner,
              nodes: [
                { id: "n0", taskNode: { referenceId: entity("mod.clean") } },
                { id: "n1", workflowNode: { subWorkflowRef: inner } },
              ],
            },
          },
        ],
      },
    },
  };
  const nodes = byId(
    node("n0", {}, { isParentNode: true, specNodeId: "n0" }),
    node("n0-0-n0", {}, { specNodeId: "n0" }),
    node("n0-0-n1", {}, { isParentNode: true, specNodeId: "n1" }),
    node("n0-0-n1-0-n0", {}, { specNodeId: "n0" }),
  );

  it("are called what their workflow calls them, at any depth", () => {
    const rows = nodeRows(nodes, new Map(), outer);
    expect(rows.map(({ id, name }) => [id, name])).toEqual([
      ["n0", "inner"],
      ["n0-0-n0", "clean"],
      ["n0-0-n1", "inner"],
      ["n0-0-n1-0-n0", "clean"],
    ]);
    expect(rows.map(({ holdsNodes }) => holdsNodes)).toEqual([true, false, true, false]);
  });

  it("are the parent's children, without those further in", () => {
    const rows = nodeRows(nodes, new Map(), outer);
    const [parent] = rows;
    if (!parent) throw new Error("no rows");
    expect(childrenOf(rows, parent).map(({ id }) => id)).toEqual(["n0-0-n0", "n0-0-n1"]);
  });
});

it("nests 5,000 nodes without looking at each for each", () => {
  let looks = 0;
  const many = byId(...Array.from({ length: 5000 }, (_, index) => node(`n0-0-x${index}`)), node("n0", {}, { isParentNode: true }));
  const counted = new Proxy(many, {
    get: (target, key) => {
      if (key === "get") looks++;
      const found: unknown = Reflect.get(target, key);
      return typeof found === "function" ? (found.bind(target) as unknown) : found;
    },
  });
  const rows = nodeRows(counted, new Map(), null);
  expect(rows.length).toBe(5001);
  expect(rows.at(-1)?.depth).toBe(1);
  expect(looks).toBeLessThan(6 * 5001);
});

describe("workflowEdges", () => {
  it("names each edge between nodes once", () => {
    expect(workflowEdges(workflow.closure?.compiledWorkflow?.primary ?? null)).toEqual([{ from: "n0", to: "n1" }]);
    expect(workflowEdges(null)).toEqual([]);
  });
});

describe("NodeRows", () => {
  it("makes anew only the rows of which something has changed", () => {
    const rows = new NodeRows();
    const many = Array.from({ length: 1200 }, (_, n) => node(`n${n}`, { phase: "RUNNING" }));
    const nodes = byId(...many);
    const before = rows.rows(nodes, new Map(), null);
    expect(before).toHaveLength(1200);
    const after = rows.rows(new Map([...nodes, ["n7", node("n7", { phase: "SUCCEEDED" })]]), new Map(), null);
    expect(after.filter((row, index) => row !== before[index]).map(({ id }) => id)).toEqual(["n7"]);
  });

  it("lists what is inside of a node behind it, however deep", () => {
    const inside = { isParentNode: true };
    const ids = ["n0", "n1", "n0-0-a", "n0-0-a-0-b"];
    const nodes = byId(...ids.map((id) => ({ ...node(id, {}), metadata: id === "n1" ? {} : inside })));
    expect(nodeRows(nodes, new Map(), null).map(({ id, depth }) => [id, depth])).toEqual([
      ["n0", 0],
      ["n0-0-a", 1],
      ["n0-0-a-0-b", 2],
      ["n1", 0],
    ]);
  });
});

describe("a dynamic task", () => {
  const declared = {
    primary: {
      template: {
        nodes: [
          { id: "start-node" },
          { id: "a", taskNode: { referenceId: entity("mod.square") } },
          { id: "b", taskNode: { referenceId: entity("mod.total") }, upstreamNodeIds: ["a"] },
        ],
      },
    },
  };
  const holds = { isParentNode: true, isDynamic: true };
  const attempt = (nodeId: string, name: string, retryAttempt = 0): TaskExecution => ({
    id: { taskId: entity(name), nodeExecutionId: { nodeId, executionId }, retryAttempt },
  });

  it("has inside what it has declared, before that begins", () => {
    const nodes = byId(node("n0", { phase: "DYNAMIC_RUNNING" }, holds), node("n0-0-a", { phase: "RUNNING" }, { specNodeId: "a" }));
    const tasks = new Map([["n0", [attempt("n0", "mod.plan")]]]);
    const made = new NodeRows();
    const rows = made.rows(nodes, tasks, null, undefined, new Map([["n0", declared]]));
    expect(rows.map(({ id, name, depth, phase }) => [id, name, depth, phase])).toEqual([
      ["n0", "plan", 0, "DYNAMIC_RUNNING"],
      ["n0-0-a", "square", 1, "RUNNING"],
      ["n0-0-b", "total", 1, "UNDEFINED"],
    ]);
    const drawn = rowsOfGraph(rows, "n0").map(({ id }) => id);
    expect(drawn).toEqual(["n0-0-a", "n0-0-b"]);
    const edges = workflowEdges(made.compiledInside("n0"), idsInside(drawn, "n0"));
    expect(edges).toEqual([{ from: "n0-0-a", to: "n0-0-b" }]);
    expect(nodesAround(rows, "n0-0-b").map(({ id }) => id)).toEqual(["n0", "n0-0-b"]);
    expect(made.compiledInside("n1")).toBeNull();
  });

  it("that was run again is drawn as its last attempt declared it", () => {
    const nodes = byId(node("n0", {}, holds), node("n0-0-a", { phase: "FAILED" }), node("n0-1-a", { phase: "RUNNING" }));
    const tasks = new Map([["n0", [attempt("n0", "mod.plan"), attempt("n0", "mod.plan", 1)]]]);
    const rows = nodeRows(nodes, tasks, null, undefined, new Map([["n0", declared]]));
    expect(rows.map(({ id }) => id)).toEqual(["n0", "n0-1-a", "n0-1-b", "n0-0-a"]);
    expect(rowsOfGraph(rows, "n0").map(({ id }) => id)).toEqual(["n0-1-a", "n0-1-b"]);
  });
});
