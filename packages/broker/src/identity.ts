export {
  createNativeBrokerPlugin,
  type IdentityPlugin,
  nativeBrokerPlugin,
  vsCodePlugin,
} from "./plugins/identity-plugins.js";
export type { NativeBrokerPluginOptions } from "./plugins/native-broker-plugin.js";
