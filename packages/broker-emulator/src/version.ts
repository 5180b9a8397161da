/** This package's version, as in its package.json. */
export const packageVersion = "0.1.0";
