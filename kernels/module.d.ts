/** The compiled kernels, as AssemblyScript's source in assembly/ gives them. */
declare const module: WebAssembly.Module;
export default module;
