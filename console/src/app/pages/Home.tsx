import { useEffect } from "react";
import { useRouter } from "../../bindings/router";
import { lastPlace } from "../../core/lastPlace";
import { executionsPath } from "../../core/routes";
import { Skeleton } from "../../ui/Skeleton";

/** The console opens where it was left. */
export default function Home() {
  const { go } = useRouter();
  useEffect(() => go(executionsPath(lastPlace(window.localStorage)), { replace: true }), [go]);
  return <Skeleton label="Opening the console" />;
}
