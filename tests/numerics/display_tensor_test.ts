// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as fc from "fast-check";
import { JUPYTER_DISPLAY } from "../../numerics/display_tensor.ts";
import { linspace, tensor, zeros } from "../../numerics/tensor.ts";

const show = (x: ReturnType<typeof tensor>) => x[JUPYTER_DISPLAY]();

describe("Tensor in a notebook", () => {
  it("is found by the symbol of Deno's kernel", () => {
    assertEquals(JUPYTER_DISPLAY, Symbol.for("Jupyter.display"));
    const keys = Object.keys(tensor([1]));
    assertEquals(keys.sort(), ["data", "dtype", "shape"]);
  });

  it("shows dtype, shape and all of a small matrix", () => {
    const { "text/plain": text, "text/html": html } = show(
      tensor([[1, 2], [3, 40]]),
    );
    assertEquals(text, "Tensor float64 (2, 2)\n 1   2\n 3  40");
    assertStringIncludes(html, "<b>Tensor float64 (2, 2)</b>");
    assertEquals(html.match(/<td/g)?.length, 4);
  });

  it("shows the corners of the first matrix of a large tensor", () => {
    const { "text/plain": text } = show(linspace(0, 1, [2, 3, 20, 9]));
    const lines = text.split("\n");
    assertEquals(lines.slice(0, 2), [
      "Tensor float64 (2, 3, 20, 9)",
      "[0, 0, :, :]",
    ]);
    assertEquals(lines.length, 2 + 9);
    assertEquals(lines[6]?.trim().split(/ +/), Array(9).fill("…"));
    assertEquals(lines[2]?.trim().split(/ +/).length, 9);
  });

  it("shows vectors, single numbers and nothing at all", () => {
    assertEquals(
      show(tensor([0.5, 0.25], [2], "float32"))["text/plain"],
      "Tensor float32 (2,)\n0.5000  0.2500",
    );
    assertEquals(show(tensor(7))["text/plain"], "Tensor float64 ()\n7");
    assertEquals(show(zeros([2, 0]))["text/plain"], "Tensor float64 (2, 0)");
  });

  it("names what is no finite number, and writes small and large ones", () => {
    const text = (...values: number[]) =>
      show(tensor(values))["text/plain"].split("\n")[1]?.trim().split(/ +/);
    assertEquals(text(NaN, Infinity, -Infinity, 1), [
      "nan",
      "inf",
      "-inf",
      "1",
    ]);
    assertEquals(text(1e-9, 0), ["1.000e-9", "0.000e+0"]);
    assertEquals(text(1.5e9), ["1.500e+9"]);
    assertEquals(text(-12.3456, 0.1), ["-12.346", "0.100"]);
  });

  it("is small for any shape and numbers", () => {
    fc.assert(fc.property(
      fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 4 }),
      fc.double(),
      (shape, value) => {
        const x = zeros(shape);
        x.data.fill(value);
        const { "text/plain": text, "text/html": html } = show(x);
        assert(text.split("\n").length <= 11 && text.length < 2000);
        assert(html.length < 12_000);
        assertEquals(html.split("<tr").length, html.split("</tr>").length);
      },
    ));
  });
});
