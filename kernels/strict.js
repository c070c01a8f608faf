// @ts-self-types="./module.d.ts"
import source module from "./strict.wasm";
export default module;
