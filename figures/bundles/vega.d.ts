// Copyright 2026 the Convlab authors. MIT license.

/** As much of Vega and Vega-Lite as figures use. */

/** A specification in Vega's grammar. */
export interface Spec {
  readonly $schema?: string;
}

/** A specification that has been parsed. */
export interface Runtime {
  readonly operators: readonly unknown[];
}

/** Turns a specification of Vega-Lite into one of Vega. */
export function compile(spec: object): { readonly spec: Spec };

/** Parses a specification of Vega; with `ast`, its expressions too, which then need an interpreter. */
export function parse(
  spec: Spec,
  config: undefined,
  options: { readonly ast: true },
): Runtime;

/** Computes expressions without making functions of text, which pages may forbid. */
export const expressionInterpreter: (...args: readonly unknown[]) => unknown;

/** Draws what has been parsed. */
export class View {
  constructor(
    runtime: Runtime,
    options: {
      readonly renderer: "none";
      readonly expr: typeof expressionInterpreter;
    },
  );
  toSVG(): Promise<string>;
  /** The scale of that name, once it has been drawn. */
  scale(name: string): (value: number) => number;
  finalize(): this;
}

/** The part of a text that its width depends on. */
export interface TextItem {
  readonly font?: string;
  readonly fontSize?: number;
  readonly fontWeight?: number | string;
  /** Width at which it is truncated; 0 for none. */
  readonly limit?: number;
}

/** How text is measured. */
export const textMetrics: {
  width(item: TextItem, text: string): number;
};
