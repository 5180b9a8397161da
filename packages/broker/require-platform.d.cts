type Required<Module> = { readonly module: Module } | { readonly cause: unknown };

export declare function requireLinux(): Required<typeof import("@x/broker-linux")>;
export declare function requireWindows(): Required<typeof import("@x/broker-win")>;
export declare function requireMac(): Required<typeof import("@x/broker-mac")>;
