/** A certificate for loopback, and its key, as PEM text. */
export interface LoopbackCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Makes a certificate for this machine's loopback that signs itself, so that trusting it trusts nothing else. */
export async function createLoopbackCertificate(): Promise<LoopbackCertificate> {
  // Only who starts a web half pays for loading it.
  const { generate } = await import("selfsigned");
  const { cert, private: key } = await generate([{ name: "commonName", value: "broker-emulator" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { certificate: cert, key };
}
