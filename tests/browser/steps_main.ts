// Copyright 2026 the Convlab authors. MIT license.

/** The steps on the main thread of a page, which `drive_browser.ts` looks at. */

import { trainSome } from "./steps.ts";

Object.assign(globalThis, { trainSome });
