import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../../core/api";
import { words } from "../../core/bidi";
import { showMap } from "../../core/literals";
import type { ExecutionData, LiteralMap } from "../../protocol/flyte";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { Empty } from "../../ui/Empty";
import { Skeleton } from "../../ui/Skeleton";
import "./data.css";
import { Download } from "./Download";
import { LiteralValue } from "./LiteralValue";

export interface DataPanelProps {
  readonly side: "inputs" | "outputs";
  readonly queryKey: readonly unknown[];
  readonly load: (signal: AbortSignal) => Promise<ExecutionData>;
  /** Whether it is over: outputs that are not there yet may still come. */
  readonly ended: boolean;
}

/** What went in or came out, as values that people read; the protobuf JSON is one click away. */
export function DataPanel({ side, queryKey, load, ended }: DataPanelProps) {
  const [raw, setRaw] = useState(false);
  const data = useQuery({ queryKey: [...queryKey, ended], queryFn: ({ signal }) => load(signal), retry: retryUnlessRefused });
  if (data.isPending) return <Skeleton label={words`Loading the ${side}`} />;
  if (data.isError) {
    return (
      <div data-feature="data">
        <Banner tone="bad" title={words`The ${side} cannot be read.`}>
          {data.error.message}
        </Banner>
      </div>
    );
  }
  const map = side === "inputs" ? data.data.fullInputs : data.data.fullOutputs;
  const names = Object.keys(map?.literals ?? {});
  if (names.length === 0) return <Nothing side={side} ended={ended} />;
  return (
    <section data-feature="data" aria-label={side === "inputs" ? "Inputs" : "Outputs"}>
      <div className="data-toolbar">
        <Button look="quiet" aria-pressed={raw} onClick={() => setRaw(!raw)}>
          {raw ? "Show values" : "Show raw"}
        </Button>
      </div>
      {raw ? <pre className="data-raw">{JSON.stringify(map, null, 2)}</pre> : <Values map={map ?? {}} />}
    </section>
  );
}

function Values({ map }: { readonly map: LiteralMap }) {
  return (
    <dl className="data-values">
      {showMap(map).map(([name, shown]) => (
        <div key={name} className="data-row">
          <dt>
            <span className="data-name">{name}</span>
            <span className="data-type">{shown.type}</span>
          </dt>
          <dd>
            <LiteralValue shown={shown} />
            {shown.form === "uri" && <CopyButton text={shown.uri} name={words`Copy the address of ${name}`} />}
            {shown.form === "uri" && <Download uri={shown.uri} name={name} type={shown.type} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Nothing({ side, ended }: { readonly side: "inputs" | "outputs"; readonly ended: boolean }) {
  if (side === "inputs") return <Empty icon="skip" title="No inputs" />;
  if (ended) return <Empty icon="skip" title="No outputs" />;
  return (
    <Empty icon="clock" title="No outputs yet">
      They are there once it has succeeded.
    </Empty>
  );
}

function retryUnlessRefused(failures: number, error: Error): boolean {
  const refused = error instanceof ApiError && error.status >= 400 && error.status < 500;
  return !refused && failures < 3;
}
