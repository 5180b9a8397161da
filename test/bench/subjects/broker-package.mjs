// Our side: one platform's broker package, by its name and the name of the function that makes a broker.
import { callsOf, othersOf } from "./broker-calls.mjs";
import { serve } from "./measure-calls.mjs";

const [packageName = "", createName = ""] = process.argv.slice(2);
const { [createName]: createBroker } = await import(packageName);
const broker = createBroker();

serve(callsOf(broker), othersOf(broker));
