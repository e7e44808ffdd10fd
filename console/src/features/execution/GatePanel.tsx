import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { setSignal } from "../../core/api";
import { words } from "../../core/bidi";
import { formatDuration } from "../../core/durations";
import { booleanLiteral, hintFor, literalOf, type Gate } from "../../core/gates";
import type { NodeRow } from "../../core/nodeTree";
import { NODE_PHASES } from "../../core/phases";
import type { ExecutionId, Literal } from "../../protocol/flyte";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Empty } from "../../ui/Empty";

interface GatePanelProps {
  readonly id: ExecutionId;
  readonly row: NodeRow;
  readonly gate: Gate;
  /** What is to be approved of. */
  readonly inputs: ReactNode;
}

/** What a node that waits waits for, with what lets it go on. */
export function GatePanel({ id, row, gate, inputs }: GatePanelProps) {
  if (row.phase !== "RUNNING") return <NotWaiting row={row} gate={gate} />;
  switch (gate.kind) {
    case "approval":
      return (
        <Approval id={id} signal={gate.signal}>
          {inputs}
        </Approval>
      );
    case "input":
      if (gate.type === null) return <TypedElsewhere id={id} signal={gate.signal} />;
      return gate.type === "BOOLEAN" ? <Choice id={id} signal={gate.signal} /> : <Value id={id} signal={gate.signal} type={gate.type} />;
    case "sleep":
      return <Empty icon="clock" title={words`Waits for ${formatDuration(gate.seconds)}`} />;
  }
}

function NotWaiting({ row, gate }: { readonly row: NodeRow; readonly gate: Gate }) {
  if (NODE_PHASES[row.phase].terminal) return <Empty icon={NODE_PHASES[row.phase].icon} title={outcome(row, gate)} />;
  return (
    <Empty icon="clock" title="Not reached yet">
      It waits for the nodes before it.
    </Empty>
  );
}

function outcome({ phase, node }: NodeRow, gate: Gate): string {
  if (phase === "SUCCEEDED") return { approval: "Approved", input: "Given", sleep: "The time has passed" }[gate.kind];
  if (phase === "FAILED") return node?.closure?.error?.message ?? NODE_PHASES.FAILED.label;
  return NODE_PHASES[phase].label;
}

interface AnswerProps {
  readonly id: ExecutionId;
  readonly signal: string;
}

function Approval({ id, signal, children }: AnswerProps & { readonly children: ReactNode }) {
  const answer = useAnswer(id, signal);
  return (
    <div className="gate" data-scrolls="node">
      <div className="gate-form">
        <p>The nodes after it wait until somebody approves this. A refusal fails the node.</p>
        {answer.isError && <Refused error={answer.error} />}
        <div className="gate-actions">
          <Button look="primary" icon="check" disabled={answer.isPending} onClick={() => answer.mutate(booleanLiteral(true))}>
            Approve
          </Button>
          <Button look="danger" icon="close" disabled={answer.isPending} onClick={() => answer.mutate(booleanLiteral(false))}>
            Refuse
          </Button>
        </div>
      </div>
      {children}
    </div>
  );
}

function Value({ id, signal, type }: AnswerProps & { readonly type: string }) {
  const [text, setText] = useState("");
  const answer = useAnswer(id, signal);
  const literal = literalOf(text, type);
  return (
    <div className="gate" data-scrolls="node">
      <form
        className="gate-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (literal) answer.mutate(literal);
        }}
      >
        <p>The nodes after it wait until somebody gives this value.</p>
        <label className="field">
          {`Value (${hintFor(type)})`}
          <input className="input" value={text} autoComplete="off" onChange={(event) => setText(event.target.value)} />
        </label>
        {answer.isError && <Refused error={answer.error} />}
        <div className="gate-actions">
          <Button look="primary" type="submit" icon="check" disabled={answer.isPending || literal === null}>
            Give
          </Button>
        </div>
      </form>
    </div>
  );
}

/** A boolean is chosen, not typed. */
function Choice({ id, signal }: AnswerProps) {
  const answer = useAnswer(id, signal);
  return (
    <div className="gate" data-scrolls="node">
      <div className="gate-form">
        <p>The nodes after it wait until somebody gives this value.</p>
        {answer.isError && <Refused error={answer.error} />}
        <div className="gate-actions">
          {[true, false].map((value) => (
            <Button key={String(value)} look="primary" disabled={answer.isPending} onClick={() => answer.mutate(booleanLiteral(value))}>
              {value ? "True" : "False"}
            </Button>
          ))}
        </div>
      </div>
    </div>
  );
}

/** Lists and records are not typed into a page. */
function TypedElsewhere({ id, signal }: AnswerProps) {
  return (
    <Empty icon="clock" title={words`Waits for ${signal}`}>
      Give it on a command line: <code>{`livedeck signal ${id.name} '${signal}' VALUE`}</code>
    </Empty>
  );
}

function Refused({ error }: { readonly error: Error }) {
  return (
    <Banner tone="bad" title="It was not taken.">
      {error.message}
    </Banner>
  );
}

function useAnswer(id: ExecutionId, signal: string) {
  return useMutation({ mutationFn: (value: Literal) => setSignal(id, signal, value) });
}
