// Copyright 2026 the Convlab authors. MIT license.

// The buttons: pause, stop, learning rate.

import { send } from "./connection.js";
import { rateText } from "./formats.js";

/** @import { About, Command, Status } from "../protocol.ts" */

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
function byId(id, type) {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`There is no ${id}`);
}

/** Wires the buttons. */
export function startControls() {
  const box = byId("controls", HTMLDivElement);
  const pause = byId("pause", HTMLButtonElement);
  const stop = byId("stop", HTMLButtonElement);
  const dialog = byId("stop-dialog", HTMLDialogElement);
  const form = byId("rate-form", HTMLFormElement);
  const rate = byId("rate", HTMLInputElement);
  const note = byId("rate-note", HTMLParagraphElement);
  const half = byId("rate-half", HTMLButtonElement);
  const double = byId("rate-double", HTMLButtonElement);
  const set = byId("rate-set", HTMLButtonElement);
  const all = [pause, stop, rate, half, double, set];
  /** @type {Status | null} */
  let status = null;
  let isEdited = false;

  /** @param {Command} command */
  const ask = async (command) => {
    note.textContent = "";
    try {
      await send(command);
    } catch (error) {
      note.textContent = error instanceof Error ? error.message : String(error);
    }
  };

  /** @param {number} learningRate */
  const setRate = (learningRate) => {
    if (!(learningRate > 0 && learningRate < Infinity)) {
      note.textContent = "Expected a positive number, such as 0.001 or 1e-3";
      rate.setAttribute("aria-invalid", "true");
      return;
    }
    rate.removeAttribute("aria-invalid");
    isEdited = false;
    ask({ command: "learningRate", learningRate });
  };

  pause.onclick = () =>
    ask({ command: status?.state === "paused" ? "resume" : "pause" });
  stop.onclick = () => dialog.showModal();
  byId("stop-no", HTMLButtonElement).onclick = () => dialog.close();
  byId("stop-yes", HTMLButtonElement).onclick = () => {
    dialog.close();
    ask({ command: "stop" });
  };
  rate.oninput = () => isEdited = true;
  rate.onblur = () => {
    // What was typed but not set is not kept for ever.
    if (rate.value.trim() === "") isEdited = false;
  };
  rate.onkeydown = ({ key }) => {
    if (key !== "Escape") return;
    isEdited = false;
    note.textContent = "";
    rate.removeAttribute("aria-invalid");
    rate.value = rateText(status?.learningRate);
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    setRate(typedNumber(rate.value));
  };
  half.onclick = () => setRate((status?.learningRate ?? NaN) / 2);
  double.onclick = () => setRate((status?.learningRate ?? NaN) * 2);

  /**
   * Shows what can be done now.
   *
   * @param {About} about
   * @param {Status | null} current
   * @param {boolean} isConnected
   */
  return (about, current, isConnected) => {
    status = current;
    const { state } = status ?? {};
    const isOver = status?.isLast === true;
    box.hidden = !about.canControl || isOver;
    if (isOver && dialog.open) dialog.close();
    const isActive = isConnected &&
      (state === "training" || state === "paused");
    for (const control of all) control.disabled = !isActive;
    const label = state === "paused" ? "Resume" : "Pause";
    if (pause.textContent !== label) pause.textContent = label;
    if (!isEdited && typeof status?.learningRate === "number") {
      rate.value = rateText(status.learningRate);
    }
    rate.title = about.isScheduled
      ? "The schedule goes on from there in proportion"
      : "";
  };
}

/**
 * A number as people type it, with a point or a comma before its fraction; NaN
 * for anything else, and for thousands set apart.
 *
 * @param {string} text
 */
function typedNumber(text) {
  const plain = text.trim();
  const isNumber = /^(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?$/i.test(plain) &&
    !/^[1-9]\d*,\d{3}$/.test(plain);
  return isNumber ? Number(plain.replace(",", ".")) : NaN;
}
