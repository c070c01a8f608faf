// @ts-self-types="./module.d.ts"
import source module from "./wide.wasm";
export default module;
