import { expect, it } from "vitest";
import { ticksOf, zoomed } from "../../src/core/timeScale";

it("marks a part of an axis at the same round times as the whole", () => {
  expect(ticksOf(60)).toEqual([0, 10, 20, 30, 40, 50, 60]);
  expect(ticksOf(30, 17)).toEqual([20, 25, 30, 35, 40, 45]);
  expect(ticksOf(0.3, 1.01)).toEqual([1.05, 1.1, 1.15, 1.2, 1.25, 1.3]);
});

it("zooms around a point, within the axis", () => {
  expect(zoomed({ from: 0, to: 100 }, 0.5, 50, 100)).toEqual({ from: 25, to: 75 });
  expect(zoomed({ from: 0, to: 100 }, 0.5, 0, 100)).toEqual({ from: 0, to: 50 });
  expect(zoomed({ from: 80, to: 100 }, 2, 90, 100)).toEqual({ from: 60, to: 100 });
  expect(zoomed({ from: 25, to: 75 }, 2, 50, 100)).toBeNull();
});

it("has a shortest part", () => {
  expect(zoomed({ from: 1, to: 1.06 }, 0.5, 1.03, 100)).toMatchObject({ from: expect.closeTo(1.005) as number });
});
