/** What the user needs to sign in on another device. As `@azure/identity` has it. */
export interface DeviceCodeInfo {
  /** The code to enter. */
  userCode: string;
  /** The page to enter it on. */
  verificationUri: string;
  /** Both, as a sentence for the user. */
  message: string;
}

/** Shows the user a code. As `@azure/identity` has it; may be asynchronous. */
export type DeviceCodePromptCallback = (deviceCodeInfo: DeviceCodeInfo) => void | Promise<void>;

/** For want of anything better: standard output may be what another program reads. */
export const promptOnStandardError: DeviceCodePromptCallback = ({ message }) => {
  process.stderr.write(`${message}\n`);
};
