// Copyright 2026 the Convlab authors. MIT license.

/**
 * Reads SVG documents as strictly as tests need, and finds where their texts
 * lie.
 *
 * @module
 */

import { textWidth } from "../../figures/text.ts";

/** An element of a document. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  /** The text in it. */
  text: string;
}

/** A text and the rectangle around it, in pixels of the document. */
export interface TextBox {
  readonly text: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const TOKEN = /<(\/?)([\w:-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y;
const ATTRIBUTE = /([\w:-]+)="([^"]*)"/g;

/** The root element. Throws where the document is not well-formed. */
export function parseSvg(svg: string): Element {
  const root = { name: "", attributes: {}, children: [], text: "" } as Element;
  const open = [root];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < svg.length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(svg);
    if (!match) throw new Error(`No markup: ${svg.slice(at, at + 80)}`);
    const [, close, name = "", attributes = "", isEmpty, text] = match;
    const current = open.at(-1)!;
    if (text !== undefined) {
      if (/&(?!(amp|lt|gt|quot|#\d+);)/.test(text)) throw new Error(text);
      current.text += text;
    } else if (close) {
      if (current.name !== name) {
        throw new Error(`</${name}> in ${current.name}`);
      }
      open.pop();
    } else {
      const element: Element = {
        name,
        attributes: Object.fromEntries(
          [...attributes.matchAll(ATTRIBUTE)].map(([, key, value]) => [
            key,
            value,
          ]),
        ),
        children: [],
        text: "",
      };
      current.children.push(element);
      if (!isEmpty) open.push(element);
    }
  }
  if (open.length !== 1 || root.children.length !== 1) {
    throw new Error("Expected one element that ends");
  }
  return root.children[0]!;
}

/** All elements of a name, in their order. */
export function elements(root: Element, name: string): Element[] {
  return [
    ...root.name === name ? [root] : [],
    ...root.children.flatMap((child) => elements(child, name)),
  ];
}

/** As CSS has it: x' = a x + c y + e, y' = b x + d y + f. */
type Matrix = readonly [number, number, number, number, number, number];

/** Where all texts of a document lie. */
export function textBoxes(root: Element): TextBox[] {
  return boxesOf(root, [1, 0, 0, 1, 0, 0], {});
}

function boxesOf(
  element: Element,
  outer: Matrix,
  inherited: Readonly<Record<string, string>>,
): TextBox[] {
  const attributes = { ...inherited, ...element.attributes };
  const matrix = transformed(outer, element.attributes["transform"] ?? "");
  if (element.name === "text") return [boxOf(element, matrix, attributes)];
  const { transform: _t, x: _x, y: _y, ...passed } = attributes;
  return element.children.flatMap((child) => boxesOf(child, matrix, passed));
}

function boxOf(
  { text, attributes: own }: Element,
  matrix: Matrix,
  attributes: Readonly<Record<string, string>>,
): TextBox {
  const decoded = text.replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  const fontSize = parseFloat(attributes["font-size"] ?? "16");
  const bold = Number(attributes["font-weight"] ?? 400) >= 600;
  const width = textWidth(decoded, { fontSize, bold });
  const anchor = { start: 0, middle: 0.5, end: 1 }[
    attributes["text-anchor"] ?? "start"
  ] ?? 0;
  const x = Number(own["x"] ?? 0) - anchor * width;
  const y = Number(own["y"] ?? 0);
  const corners = [[x, y], [x + width, y], [x, y - 0.75 * fontSize], [
    x + width,
    y - 0.75 * fontSize,
  ]].map(([px, py]) => [
    matrix[0] * px! + matrix[2] * py! + matrix[4],
    matrix[1] * px! + matrix[3] * py! + matrix[5],
  ]);
  const xs = corners.map(([px]) => px!);
  const ys = corners.map(([, py]) => py!);
  return {
    text: decoded,
    left: Math.min(...xs),
    right: Math.max(...xs),
    top: Math.min(...ys),
    bottom: Math.max(...ys),
  };
}

function transformed(outer: Matrix, transform: string): Matrix {
  let matrix = outer;
  for (
    const [, name, list = ""] of transform.matchAll(/(\w+)\(([^)]*)\)/g)
  ) {
    const [p = 0, q = 0] = list.split(/[\s,]+/).map(Number);
    const angle = p * Math.PI / 180;
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    const steps: Record<string, Matrix> = {
      translate: [1, 0, 0, 1, p, q],
      scale: [p, 0, 0, p, 0, 0],
      rotate: [cos, sin, -sin, cos, 0, 0],
    };
    const step = steps[name!];
    if (!step) throw new Error(`Unknown transform ${name}`);
    matrix = times(matrix, step);
  }
  return matrix;
}

function times(m: Matrix, n: Matrix): Matrix {
  return [
    m[0] * n[0] + m[2] * n[1],
    m[1] * n[0] + m[3] * n[1],
    m[0] * n[2] + m[2] * n[3],
    m[1] * n[2] + m[3] * n[3],
    m[0] * n[4] + m[2] * n[5] + m[4],
    m[1] * n[4] + m[3] * n[5] + m[5],
  ];
}
