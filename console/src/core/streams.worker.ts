/** Keeps the connection that pages share (`sharedStreams.ts`). */
import { Multiplexer } from "./multiplexer";
import { MOVES_WITHIN_MS, OWN_CONNECTIONS, StreamsBroker } from "./streamsBroker";

// Where pages cannot tell how many of them have a connection of their own, all come here, and share a few.
const connections = "locks" in navigator ? 1 : OWN_CONNECTIONS + 1;
const broker = new StreamsBroker(
  Array.from({ length: connections }, () => new Multiplexer((url, init) => fetch(url, init), MOVES_WITHIN_MS)),
);

addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port) broker.serve(port);
});
