// @vitest-environment jsdom
import { expect, it } from "vitest";
import { ClockContext } from "../../src/bindings/clock";
import { ServerClock } from "../../src/core/serverClock";
import { Duration } from "../../src/ui/Ticking";
import { rendered } from "../rendering";

it("counts a running duration by the server's clock, not the viewer's", () => {
  const local = Date.parse("2026-11-24T10:00:00Z");
  const clock = new ServerClock(() => local);
  clock.hearDate("Tue, 24 Nov 2026 10:05:00 GMT"); // the viewer is five minutes behind
  const { node } = rendered(
    <ClockContext value={clock}>
      <Duration from={Date.parse("2026-11-24T10:04:31Z")} to={null} />
    </ClockContext>,
  );
  expect(node.textContent).toBe("30 s");
});
