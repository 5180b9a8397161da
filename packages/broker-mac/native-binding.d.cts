import type { NativeBinding } from "./src/native.js";

export declare function load(): NativeBinding;
