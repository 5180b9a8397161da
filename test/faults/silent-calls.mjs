// Makes silent calls, 50 at a time, and tells how much memory they left behind after a warm-up.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createLinuxBroker } from "@x/broker-linux";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

const total = Number(process.argv[2]);
const broker = createLinuxBroker();
const request = {
  authority: "https://login.microsoftonline.com/organizations",
  clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
  scopes: ["https://graph.microsoft.com/User.Read"],
};

async function calls(count) {
  let done = 0;
  while (done < count) {
    await Promise.all(Array.from({ length: 50 }, () => broker.acquireTokenSilently(request)));
    done += 50;
  }
  collectGarbage();
  return done;
}

await calls(3000);
const before = process.memoryUsage();
const done = await calls(total);
const after = process.memoryUsage();
console.log(
  JSON.stringify({
    calls: done,
    heapGrowthInBytes: after.heapUsed - before.heapUsed,
    rssGrowthInBytes: after.rss - before.rss,
  }),
);
