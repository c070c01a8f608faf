// Copyright 2026 the Convlab authors. MIT license.

// The stream of events, held while the page can be seen: a page in the
// background costs the training nothing, and browsers open only six connections
// to a server at once.

import { RunHistory } from "./run_history.js";

/** @import { About, Command, RunEvent } from "../protocol.ts" */

/** Time to the first attempt to connect again, and to the others at most, in milliseconds. */
const RETRY_MS = { first: 500, most: 8000 };

/**
 * @typedef {object} View What the page shows.
 * @property {About} about
 * @property {RunHistory} history
 */

/**
 * Follows the run.
 *
 * @param {(view: View, events: readonly RunEvent[]) => void} onNews Called with no event after a snapshot.
 * @param {(isConnected: boolean) => void} onConnection
 */
export function follow(onNews, onConnection) {
  /** @type {View | undefined} */
  let view;
  /** @type {EventSource | undefined} */
  let source;
  let retry = RETRY_MS.first;
  /** @type {number | undefined} */
  let timer;

  const isOver = () => view?.history.facts.status?.isLast === true;

  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };

  const open = () => {
    close();
    if (isOver()) return;
    const opened = new EventSource("events");
    source = opened;
    opened.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      retry = RETRY_MS.first;
      if (message.kind === "snapshot") {
        const history = RunHistory.from(message.snapshot);
        view = { about: message.about, history };
        onConnection(true);
        onNews(view, []);
      } else if (view) {
        for (const event of message.events) view.history.apply(event);
        onNews(view, message.events);
      }
    };
    opened.onerror = () => {
      if (source !== opened) return;
      close();
      if (isOver()) return;
      onConnection(false);
      timer = setTimeout(open, retry);
      retry = Math.min(2 * retry, RETRY_MS.most);
    };
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else open();
  });
  if (!document.hidden) open();
}

/**
 * Asks for something.
 *
 * @param {Command} command
 * @returns {Promise<void>}
 * @throws {Error} If it was not passed on, with the reason.
 */
export async function send(command) {
  const response = await fetch("command", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(command),
  });
  if (!response.ok) throw new Error((await response.text()).trim());
}
