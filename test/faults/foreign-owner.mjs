// Takes the broker's name on a bus as another user of the machine, and keeps it: `node foreign-owner.mjs ADDRESS UID`.
import { startBrokerEmulator } from "@x/broker-emulator";

const [busAddress, uid] = process.argv.slice(2);
// Everything is loaded by now; from here on this process is somebody else.
process.setgroups([]);
process.setgid(Number(uid));
process.setuid(Number(uid));
const emulator = await startBrokerEmulator({ busAddress, serveDiscovery: false });
emulator.tenant.addAccount({ username: "mallory@contoso.example" });
console.log("ready");
process.on("disconnect", () => emulator.stop().then(() => process.exit(0)));
process.on("message", (wanted) => {
  if (wanted === "requests") process.send(emulator.requests.map(({ method }) => method));
});
