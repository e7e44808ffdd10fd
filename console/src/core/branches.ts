/** The ways of a branch: which nodes it may run, and on what condition. */
import type { BooleanExpression, IfBlock, Operand, WorkflowNode } from "../protocol/flyte";
import { showLiteral } from "./literals";

export interface Way {
  /** Its unique id in an execution. */
  readonly id: string;
  readonly node: WorkflowNode;
  /** As its author wrote it: `if x > 3`, `elif x < 0`, `else`. */
  readonly condition: string;
}

/** Longer ids are hashed by the server. */
export const LONGEST_ID = 120;

/** The ways of a branch that is called `id` in the execution; of any other node none. */
export function waysOf(id: string, node: WorkflowNode | null): readonly Way[] {
  const block = node?.branchNode?.ifElse;
  if (!block) return [];
  const cases = [block.case, ...(block.other ?? [])].filter((one): one is IfBlock => one !== undefined);
  const ways = cases.map(({ condition, thenNode }, index) => ({
    node: thenNode,
    condition: `${index === 0 ? "if" : "elif"} ${conditionWords(condition)}`,
  }));
  if (block.elseNode) ways.push({ node: block.elseNode, condition: "else" });
  return ways
    .flatMap(({ node: inner, condition }) => (inner ? [{ id: `${id}-0-${inner.id}`, node: inner, condition }] : []))
    .filter((way) => way.id.length <= LONGEST_ID);
}

/** The ways of a branch and of the branches in it. */
export function allWaysOf(id: string, node: WorkflowNode | null): readonly Way[] {
  return waysOf(id, node).flatMap((way) => [way, ...allWaysOf(way.id, way.node)]);
}

const OPERATORS: Readonly<Record<string, string>> = { EQ: "==", NEQ: "!=", GT: ">", GTE: ">=", LT: "<", LTE: "<=" };

function conditionWords(expression: BooleanExpression | undefined): string {
  if (expression?.conjunction) {
    const { operator, leftExpression, rightExpression } = expression.conjunction;
    const symbol = operator === "OR" ? "|" : "&";
    return `(${conditionWords(leftExpression)}) ${symbol} (${conditionWords(rightExpression)})`;
  }
  const { operator = "EQ", leftValue, rightValue } = expression?.comparison ?? {};
  return `${operandWords(leftValue)} ${OPERATORS[operator] ?? operator} ${operandWords(rightValue)}`;
}

/** A variable is called after its node and output, an input of the workflow has no node. */
function operandWords(operand: Operand | undefined): string {
  if (operand?.var) return operand.var.replace(/^\./, "");
  const scalar = operand?.scalar ?? (operand?.primitive ? { primitive: operand.primitive } : {});
  const shown = showLiteral({ scalar });
  if (shown.form === "text") return shown.type === "str" ? JSON.stringify(shown.text) : shown.text;
  return shown.form === "code" ? shown.text : "None";
}
