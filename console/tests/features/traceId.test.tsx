// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { hasTraces, TraceId } from "../../src/features/execution/TraceId";
import { frames, rendered } from "../rendering";

const ID = "0123456789abcdef0123456789abcdef";

afterEach(() => vi.restoreAllMocks());

it("is there only where the server says that executions have traces", () => {
  const page = document.implementation.createHTMLDocument();
  expect(hasTraces(page)).toBe(false);
  page.head.innerHTML = '<meta name="livedeck-traces" content="on">';
  expect(hasTraces(page)).toBe(true);
});

it("shows the beginning of the trace's id, with all of it to be copied", async () => {
  const asked = vi.spyOn(globalThis, "fetch").mockResolvedValue(Response.json({ traceId: ID }));
  const page = rendered(
    <QueryClientProvider client={new QueryClient()}>
      <TraceId id={{ project: "p", domain: "d", name: "e" }} />
    </QueryClientProvider>,
  );
  await act(() => vi.waitFor(() => expect(page.node.querySelector("code")).not.toBeNull()));
  await act(frames);
  expect(asked.mock.calls[0]?.[0]).toBe("/live/traces/p/d/e");
  expect(page.node.querySelector("code")?.textContent).toBe("0123456789ab");
  expect(page.node.querySelector("code")?.title).toBe(ID);
  expect(page.node.querySelector("button")?.getAttribute("aria-label")).toBe("Copy the trace’s id");
});
