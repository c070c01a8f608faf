// Copyright 2026 the Convlab authors. MIT license.

// The curves, drawn by uPlot (MIT license, https://github.com/leeoniya/uPlot).

import uPlot from "uplot";

/** Letters along the axes. */
const FONT = "12px Inter, system-ui, 'Segoe UI', Arial, sans-serif";

/** Values up to which each has a dot. */
const MAX_DOTS = 60;

/** Distances of marked values along a vertical axis. */
const Y_STEPS = Array.from(
  { length: 60 },
  (_, i) => [1, 2, 5].map((n) => Number(`${n}e${i - 18}`)),
).flat();

/**
 * @typedef {object} CurveSeries A curve.
 * @property {"blue" | "orange" | "green" | "pink"} color
 * @property {number} [width] Of the line; 2 by default.
 * @property {number} [alpha] Two hexadecimal digits' worth, 255 by default.
 * @property {boolean} [points] Whether each value has a dot.
 */

/**
 * @typedef {object} CurveOptions What a chart is like.
 * @property {HTMLElement} box Where it is.
 * @property {readonly CurveSeries[]} series
 * @property {readonly [number, number]} [band] The two series that one is filled between.
 * @property {(low: number, high: number) => [number, number]} [range] Of the values.
 * @property {(value: number) => string} format
 * @property {boolean} [isLogarithmic]
 * @property {(index: number | null) => void} onCursor Called with the place that is pointed at.
 * @property {() => number} end Iteration that the axis goes to, unless somebody looks closer.
 * @property {() => readonly number[]} marks Iterations that are marked.
 */

/** @param {string} name */
function color(name) {
  return getComputedStyle(document.documentElement)
    .getPropertyValue(`--${name}`).trim();
}

/** Whether somebody looks closer; all charts show the same iterations. */
let isZoomed = false;

/** A chart over the iterations that keeps to its box, and to the theme. */
export class CurveChart {
  #options;
  /** @type {uPlot | undefined} */
  #plot;
  /** @type {uPlot.AlignedData} */
  #data = [[]];

  /** @param {CurveOptions} options */
  constructor(options) {
    this.#options = options;
    new ResizeObserver(() => this.#resize()).observe(options.box);
    matchMedia("(prefers-color-scheme: dark)")
      .addEventListener("change", () => this.#plot?.redraw());
  }

  /**
   * Shows values.
   *
   * @param {uPlot.AlignedData} data The iterations, and a list for each series.
   */
  show(data) {
    this.#data = data;
    if (data[0].length === 0) {
      this.#plot?.destroy();
      this.#plot = undefined;
      return;
    }
    this.#plot ??= this.#make();
    this.#plot.setData(data, !isZoomed);
    if (isZoomed) this.#plot.redraw();
  }

  /** @param {boolean} isLogarithmic */
  setLogarithmic(isLogarithmic) {
    this.#options = { ...this.#options, isLogarithmic };
    this.#plot?.destroy();
    this.#plot = undefined;
    isZoomed = false;
    this.show(this.#data);
  }

  #size() {
    const { box } = this.#options;
    return {
      width: Math.max(120, box.clientWidth),
      height: box.clientHeight,
    };
  }

  #resize() {
    const { width, height } = this.#size();
    const plot = this.#plot;
    if (plot && (plot.width !== width || plot.height !== height)) {
      plot.setSize({ width, height });
    }
  }

  /** @returns {uPlot} */
  #make() {
    const { box, series, band, range, format, isLogarithmic = false } =
      this.#options;
    /** @type {uPlot.Axis} */
    const axis = {
      font: FONT,
      stroke: () => color("muted"),
      grid: { stroke: () => color("grid"), width: 1 },
      ticks: { stroke: () => color("grid"), width: 1, size: 4 },
    };
    /** @type {uPlot.Options} */
    const options = {
      ...this.#size(),
      padding: [10, 26, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: "run", scales: ["x", null] },
        points: { size: 7 },
        drag: { x: true, y: false },
      },
      scales: {
        x: {
          time: false,
          range: (_, low, high) =>
            isZoomed
              ? [low ?? 0, high ?? 1]
              : [0, Math.max(1, this.#options.end())],
        },
        y: {
          distr: isLogarithmic ? 3 : 1,
          ...(range && !isLogarithmic
            ? {
              range: (_, low, high) => range(low ?? 0, high ?? 1),
            }
            : {}),
        },
      },
      axes: [
        {
          ...axis,
          label: "iteration",
          labelFont: FONT,
          labelSize: 18,
          labelGap: 0,
          size: 26,
          space: 70,
          incrs: [1, 2, 5].flatMap((n) =>
            [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7].map((e) => n * e)
          ).sort((a, b) => a - b),
          values: (_, ticks) => ticks.map((x) => x.toLocaleString("en-US")),
        },
        {
          ...axis,
          size: 52,
          space: 36,
          // uPlot's own end at 1e15, which a loss that diverges passes.
          incrs: Y_STEPS,
          values: (_, ticks) => ticks.map((y) => y === null ? "" : format(y)),
        },
      ],
      series: [
        {},
        ...series.map((item) => this.#series(item)),
      ],
      bands: band
        ? [{
          series: [band[1] + 1, band[0] + 1],
          fill: () => `${color(series[band[0]]?.color ?? "blue")}24`,
        }]
        : [],
      hooks: {
        setCursor: [(plot) => this.#options.onCursor(plot.cursor.idx ?? null)],
        setSelect: [
          (plot) => isZoomed ||= plot.select.width > 0,
        ],
        ready: [
          (plot) =>
            plot.over.addEventListener(
              "dblclick",
              () => isZoomed = false,
              // Before uPlot's own listener, which asks for the range.
              { capture: true },
            ),
        ],
        drawAxes: [(plot) => this.#mark(plot)],
      },
    };
    return new uPlot(options, this.#data, box);
  }

  /**
   * @param {CurveSeries} series
   * @returns {uPlot.Series}
   */
  #series({ color: name, width = 2, alpha = 255, points }) {
    const opacity = alpha.toString(16).padStart(2, "0");
    const stroke = () => `${color(name)}${opacity}`;
    return {
      ...{ stroke, width },
      points: points
        ? {
          show: (plot) => plot.data[0].length <= MAX_DOTS,
          ...{ size: 6, stroke, fill: stroke, width: 0 },
        }
        : { show: (plot) => plot.data[0].length === 1, stroke },
      spanGaps: true,
    };
  }

  /**
   * Dashed lines where the learning rate was changed by hand.
   *
   * @param {uPlot} plot
   */
  #mark(plot) {
    const { ctx, bbox } = plot;
    const { min = 0, max = 0 } = plot.scales.x ?? {};
    ctx.save();
    ctx.strokeStyle = color("pink");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const iteration of this.#options.marks()) {
      if (iteration < (min ?? 0) || iteration > (max ?? 0)) continue;
      const x = Math.round(plot.valToPos(iteration, "x", true)) + 0.5;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }
}

/**
 * Fills a legend.
 *
 * @param {HTMLElement} box
 * @param {readonly (readonly [className: string, name: string, value: string])[]} entries
 */
export function showLegend(box, entries) {
  box.replaceChildren(...entries.map(([className, name, value]) => {
    const entry = document.createElement("span");
    const number = document.createElement("b");
    number.textContent = value;
    if (className) {
      const swatch = document.createElement("i");
      swatch.className = className;
      entry.append(swatch);
    }
    entry.append(`${name} `, number);
    return entry;
  }));
}
