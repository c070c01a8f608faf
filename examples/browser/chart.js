// Copyright 2026 the Convlab authors. MIT license.

/**
 * A small chart of lines that grow, drawn as SVG. Its colours are those of the
 * style sheet, so it is light or dark as the page is.
 *
 * @module
 */

/**
 * A line, and how it is drawn.
 *
 * @typedef {object} Line
 * @property {string} name Its name in the legend.
 * @property {string} classes Classes of the style sheet: `second` for the other colour, `faint` for what is behind.
 * @property {boolean} dots Whether each point has a dot.
 */

/**
 * What a chart shows.
 *
 * @typedef {object} ChartOptions
 * @property {string} title
 * @property {readonly Line[]} lines
 * @property {number} [top] Largest value of the vertical axis; by default what is needed.
 * @property {(value: number) => string} format The text of a value on the vertical axis.
 */

const NAMESPACE = "http://www.w3.org/2000/svg";
const MARGIN = { left: 46, right: 12, top: 10, bottom: 38 };

/** A chart over iterations. */
export class Chart {
  #options;
  #svg;
  /** Of each line, `[iteration, value]`. */
  #points = [];
  #end = 1;
  #frame = 0;

  /**
   * Puts the chart into a figure, which gets a legend too.
   *
   * @param {HTMLElement} figure
   * @param {ChartOptions} options
   */
  constructor(figure, options) {
    this.#options = options;
    const caption = document.createElement("figcaption");
    const title = document.createElement("b");
    title.textContent = options.title;
    caption.append(title);
    for (const { name, classes } of options.lines) {
      const key = document.createElement("span");
      key.className = `key ${classes}`;
      key.textContent = name;
      caption.append(key);
    }
    this.#svg = document.createElementNS(NAMESPACE, "svg");
    this.#svg.setAttribute("role", "img");
    figure.append(caption, this.#svg);
    new ResizeObserver(() => this.#plan()).observe(figure);
    this.clear(100);
  }

  /** Begins anew, for so many iterations. */
  clear(iterations) {
    this.#points = this.#options.lines.map(() => []);
    this.#end = iterations;
    this.#plan();
  }

  /** Makes a line longer. */
  add(line, iteration, value) {
    this.#points[line].push([iteration, value]);
    this.#plan();
  }

  /** Draws with the next frame, once for all changes until then. */
  #plan() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw() {
    const { lines, format, title } = this.#options;
    const { width, height } = this.#svg.getBoundingClientRect();
    if (width === 0) return;
    const values = this.#points.flat().map(([, y]) => y);
    const top = this.#options.top ??
      Math.max(1, ...values.toSorted((a, b) => a - b).slice(0, -2)) * 1.05;
    const inner = {
      width: width - MARGIN.left - MARGIN.right,
      height: height - MARGIN.top - MARGIN.bottom,
    };
    const x = (iteration) => MARGIN.left + inner.width * iteration / this.#end;
    const y = (value) =>
      MARGIN.top + inner.height * (1 - Math.min(value, top) / top);
    const parts = [];
    for (const value of ticks(top, 4)) {
      const [x1, x2] = [MARGIN.left, width - MARGIN.right];
      parts.push(
        make("line", { class: "grid", x1, x2, y1: y(value), y2: y(value) }),
        text(format(value), x1 - 8, y(value) + 4, "end"),
      );
    }
    for (const iteration of ticks(this.#end, width < 420 ? 3 : 5)) {
      const label = iteration.toLocaleString("en");
      parts.push(text(label, x(iteration), height - 20, "middle"));
    }
    const middle = MARGIN.left + inner.width / 2;
    parts.push(text("iteration", middle, height - 3, "middle"));
    for (const [i, points] of this.#points.entries()) {
      const { classes, dots } = lines[i];
      const group = make("g", { class: classes });
      const path = points.map(([a, b]) =>
        `${x(a).toFixed(1)},${y(b).toFixed(1)}`
      );
      group.append(make("polyline", { class: "line", points: path.join(" ") }));
      for (const [a, b] of dots ? points : []) {
        group.append(
          make("circle", { class: "dot", cx: x(a), cy: y(b), r: 3.5 }),
        );
      }
      parts.push(group);
    }
    const last = lines.map(({ name }, i) => {
      const value = this.#points[i].at(-1)?.[1];
      return value === undefined
        ? `${name}: none yet`
        : `${name}: ${format(value)}`;
    });
    this.#svg.setAttribute("aria-label", `${title}. ${last.join("; ")}`);
    this.#svg.replaceChildren(...parts);
  }
}

/** Round numbers from 0 to `end`, about so many steps apart. */
function ticks(end, steps) {
  const rough = end / steps;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((n) => n * power >= rough) ?? 10);
  const count = Math.floor(end / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => i * step);
}

function text(content, x, y, anchor) {
  const element = make("text", { x, y, "text-anchor": anchor });
  element.textContent = content;
  return element;
}

function make(name, attributes) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, String(value));
  }
  return element;
}
