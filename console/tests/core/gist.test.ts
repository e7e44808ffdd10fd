import { describe, expect, it } from "vitest";
import { gist } from "../../src/core/gist";

const TRACE = 'Traceback (most recent call last):\n  File "a.py", line 3, in fit\n    fit(\n    ~~~^\n';

describe("the gist of an error", () => {
  it.each([
    ["a traceback", `${TRACE}ValueError: too large`, "ValueError: too large"],
    ["words of the engine before it", `Attempt 3 of 3 failed. The last error: ${TRACE}ValueError: no`, "ValueError: no"],
    ["a message of several lines", `${TRACE}ValidationError: 1 error\nlr\n  not a number\nSee https://x`, "ValidationError: 1 error"],
    ["a note", `${TRACE}KeyError: 'a'\nwhile reading row 3`, "KeyError: 'a'"],
    ["an error from another", `${TRACE}KeyError: 1\n\nDuring another:\n\n${TRACE}TypeError: 2`, "TypeError: 2"],
    ["an error without words", `${TRACE}\nKeyError`, "KeyError"],
    ["words alone", "The disk is full.", "The disk is full."],
    ["a death", "The process was killed (SIGKILL).\nThe end of its output:\nepoch 3\npid 22501", "The process was killed (SIGKILL)."],
    ["a traceback in the output", `It exited with code 3.\nThe end of its output:\n${TRACE}OSError: x`, "It exited with code 3."],
    ["a line that would fill the page", `${TRACE}KeyError: ${"x".repeat(70_000)}`, `KeyError: ${"x".repeat(490)} …`],
    ["a line that would be cut within a character", `${"x".repeat(499)}😀`, `${"x".repeat(499)} …`],
    ["nothing", "", ""],
    ["blank lines", "\n \n", ""],
  ])("of %s", (_, message, words) => {
    expect(gist(message)).toBe(words);
  });
});
