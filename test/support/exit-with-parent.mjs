// Preloaded into helper processes that were started with an IPC channel: when the parent is gone, however it
// went, the channel closes and the helper goes too.
process.on("disconnect", () => process.exit());
process.channel?.unref();
