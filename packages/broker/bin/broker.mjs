#!/usr/bin/env node
// Exists before the build, so that package managers can link the command in a fresh workspace.
import "../dist/esm/cli/main.js";
