// The floor where a double plays the operating system in the process itself: the very calls of the addon that our side
// made, with the same requests, and nothing around them.

/**
 * A binding that notes what is asked of it.
 * @param {any} binding
 * @param {readonly string[]} exchanges the functions that ask the operating system something
 */
export function recorder(binding, exchanges) {
  /** @type {Step[]} */
  let steps = [];
  const noting = Object.fromEntries(
    exchanges.map((name) => [
      name,
      (/** @type {unknown[]} */ ...args) => {
        steps.push({ name, args });
        return binding[name](...args);
      },
    ]),
  );
  return {
    binding: { ...binding, ...noting },
    /** What was asked since the last time. */
    take() {
      const taken = steps;
      steps = [];
      return taken;
    },
  };
}

/** @typedef {{ name: string, args: readonly any[] }} Step */

/**
 * Asks the same again, one after the other.
 * @param {any} binding
 * @param {readonly Step[]} steps
 */
export async function replay(binding, steps) {
  // Good for one flow only, unlike all other objects in a request.
  /** @type {any} */
  let turn;
  for (const { name, args } of steps) {
    const given = binding[name](...args.map((one) => (one?.turn ? { ...one, turn } : one)));
    const result = await given?.result;
    if (name === "beginInteractive") turn = result;
  }
  turn?.end();
}
