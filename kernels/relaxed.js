// @ts-self-types="./module.d.ts"
import source module from "./relaxed.wasm";
export default module;
