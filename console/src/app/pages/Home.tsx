import { useEffect } from "react";
import { useRouter } from "../../bindings/router";
import { lastDomain } from "../../core/lastDomain";
import { executionsPath } from "../../core/routes";
import { Skeleton } from "../../ui/Skeleton";

/** The console opens where it was left. */
export default function Home() {
  const { go } = useRouter();
  useEffect(() => go(executionsPath(lastDomain(window.localStorage)), { replace: true }), [go]);
  return <Skeleton page label="Opening the console" />;
}
