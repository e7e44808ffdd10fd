/**
 * The parts of Flyte's messages that the console reads, in the JSON form of protobuf: names in camel case, enums by
 * name, 64-bit integers as strings, times in RFC 3339, durations as "1.5s"; fields at their default are left out.
 */

export interface ExecutionId {
  readonly project: string;
  readonly domain: string;
  readonly name: string;
}

export interface EntityId extends ExecutionId {
  readonly resourceType?: string;
  readonly version: string;
}

export interface ExecutionError {
  readonly code?: string;
  readonly message?: string;
  readonly errorUri?: string;
  readonly kind?: "UNKNOWN" | "USER" | "SYSTEM";
}

export type WorkflowPhase =
  | "UNDEFINED"
  | "QUEUED"
  | "RUNNING"
  | "SUCCEEDING"
  | "SUCCEEDED"
  | "FAILING"
  | "FAILED"
  | "ABORTED"
  | "TIMED_OUT"
  | "ABORTING";

export type NodePhase =
  | "UNDEFINED"
  | "QUEUED"
  | "RUNNING"
  | "SUCCEEDED"
  | "FAILING"
  | "FAILED"
  | "ABORTED"
  | "SKIPPED"
  | "TIMED_OUT"
  | "DYNAMIC_RUNNING"
  | "RECOVERED";

export type TaskPhase =
  | "UNDEFINED"
  | "QUEUED"
  | "RUNNING"
  | "SUCCEEDED"
  | "ABORTED"
  | "FAILED"
  | "INITIALIZING"
  | "WAITING_FOR_RESOURCES"
  | "RETRYABLE_FAILED";

export interface Execution {
  readonly id: ExecutionId;
  readonly spec?: {
    readonly launchPlan?: EntityId;
    readonly metadata?: {
      readonly mode?: string;
      readonly principal?: string;
      readonly referenceExecution?: ExecutionId;
      readonly parentNodeExecution?: NodeExecutionId;
    };
  };
  readonly closure?: {
    readonly phase?: WorkflowPhase;
    readonly createdAt?: string;
    readonly startedAt?: string;
    readonly updatedAt?: string;
    readonly duration?: string;
    readonly workflowId?: EntityId;
    readonly error?: ExecutionError;
    readonly abortMetadata?: { readonly cause?: string; readonly principal?: string };
    readonly abortCause?: string;
  };
}

export interface NodeExecutionId {
  readonly nodeId: string;
  readonly executionId: ExecutionId;
}

export interface NodeExecution {
  readonly id: NodeExecutionId;
  readonly inputUri?: string;
  readonly metadata?: {
    readonly retryGroup?: string;
    readonly specNodeId?: string;
    readonly isParentNode?: boolean;
    readonly isDynamic?: boolean;
    readonly isArray?: boolean;
  };
  readonly closure?: {
    readonly phase?: NodePhase;
    readonly createdAt?: string;
    readonly startedAt?: string;
    readonly updatedAt?: string;
    readonly duration?: string;
    readonly error?: ExecutionError;
    readonly outputUri?: string;
    readonly deckUri?: string;
    readonly workflowNodeMetadata?: { readonly executionId?: ExecutionId };
    readonly taskNodeMetadata?: {
      readonly cacheStatus?: string;
      readonly catalogKey?: unknown;
    };
  };
}

export interface TaskExecution {
  readonly id: {
    readonly taskId: EntityId;
    readonly nodeExecutionId: NodeExecutionId;
    readonly retryAttempt?: number;
  };
  readonly closure?: {
    readonly phase?: TaskPhase;
    readonly createdAt?: string;
    readonly startedAt?: string;
    readonly updatedAt?: string;
    readonly duration?: string;
    readonly error?: ExecutionError;
    readonly reason?: string;
    readonly customInfo?: Readonly<Record<string, unknown>>;
  };
}

export interface ExecutionList {
  readonly executions?: readonly Execution[];
  readonly token?: string;
}

export interface Project {
  readonly id: string;
  readonly name?: string;
  readonly domains?: readonly { readonly id: string; readonly name?: string }[];
}

export interface LiteralMap {
  readonly literals?: Readonly<Record<string, Literal>>;
}

export interface Literal {
  readonly scalar?: Scalar;
  readonly collection?: { readonly literals?: readonly Literal[] };
  readonly map?: LiteralMap;
  /** A large value, which lies in the store by itself. */
  readonly offloadedMetadata?: { readonly uri?: string; readonly sizeBytes?: string };
  readonly hash?: string;
}

export interface Scalar {
  readonly primitive?: {
    readonly integer?: string | number;
    readonly floatValue?: number | string;
    readonly stringValue?: string;
    readonly boolean?: boolean;
    readonly datetime?: string;
    readonly duration?: string;
  };
  readonly blob?: {
    readonly uri?: string;
    readonly metadata?: { readonly type?: { readonly format?: string; readonly dimensionality?: string } };
  };
  readonly binary?: { readonly value?: string; readonly tag?: string };
  readonly schema?: { readonly uri?: string };
  readonly structuredDataset?: {
    readonly uri?: string;
    readonly metadata?: {
      readonly structuredDatasetType?: {
        readonly format?: string;
        readonly columns?: readonly { readonly name?: string }[];
      };
    };
  };
  readonly noneType?: unknown;
  readonly error?: { readonly message?: string };
  readonly generic?: Readonly<Record<string, unknown>>;
  readonly union?: { readonly value?: Literal };
}

export interface ExecutionData {
  readonly fullInputs?: LiteralMap;
  readonly fullOutputs?: LiteralMap;
}

/** What a node's input is bound to: a constant, another node's output, or a collection of these. */
export interface Binding {
  readonly var?: string;
  readonly binding?: BindingData;
}

export interface BindingData {
  readonly scalar?: Scalar;
  readonly promise?: { readonly nodeId?: string; readonly var?: string };
  readonly collection?: { readonly bindings?: readonly BindingData[] };
  readonly map?: { readonly bindings?: Readonly<Record<string, BindingData>> };
}

export interface Operand {
  readonly var?: string;
  readonly primitive?: Scalar["primitive"];
  readonly scalar?: Scalar;
}

export interface BooleanExpression {
  readonly comparison?: { readonly operator?: string; readonly leftValue?: Operand; readonly rightValue?: Operand };
  readonly conjunction?: {
    readonly operator?: string;
    readonly leftExpression?: BooleanExpression;
    readonly rightExpression?: BooleanExpression;
  };
}

export interface IfBlock {
  readonly condition?: BooleanExpression;
  readonly thenNode?: WorkflowNode;
}

export interface IfElseBlock {
  readonly case?: IfBlock;
  readonly other?: readonly IfBlock[];
  readonly elseNode?: WorkflowNode;
}

export interface WorkflowNode {
  readonly id: string;
  readonly metadata?: { readonly name?: string };
  readonly upstreamNodeIds?: readonly string[];
  readonly inputs?: readonly Binding[];
  readonly taskNode?: { readonly referenceId?: EntityId; readonly overrides?: { readonly containerImage?: string } };
  readonly workflowNode?: { readonly launchplanRef?: EntityId; readonly subWorkflowRef?: EntityId };
  readonly branchNode?: { readonly ifElse?: IfElseBlock };
  readonly gateNode?: {
    readonly approve?: { readonly signalId?: string };
    readonly signal?: { readonly signalId?: string; readonly type?: { readonly simple?: string } };
    readonly sleep?: { readonly duration?: string };
  };
  readonly arrayNode?: { readonly node?: WorkflowNode; readonly isOriginalSubNodeInterface?: boolean };
}

export interface CompiledWorkflow {
  readonly template?: {
    readonly id?: EntityId;
    readonly nodes?: readonly WorkflowNode[];
    readonly failureNode?: WorkflowNode;
  };
  readonly connections?: {
    readonly downstream?: Readonly<Record<string, { readonly ids?: readonly string[] }>>;
  };
}

export interface CompiledTask {
  readonly template?: { readonly id?: EntityId; readonly container?: { readonly image?: string } };
}

export interface CompiledWorkflowClosure {
  readonly primary?: CompiledWorkflow;
  readonly subWorkflows?: readonly CompiledWorkflow[];
  readonly tasks?: readonly CompiledTask[];
}

export interface Workflow {
  readonly id: EntityId;
  readonly closure?: { readonly compiledWorkflow?: CompiledWorkflowClosure };
}

export interface DynamicNodeWorkflow {
  readonly compiledWorkflow?: CompiledWorkflowClosure;
}
