/** Capabilities of the protocol, in the order in which the greeting offers them (rule N1). */
export const CAPABILITIES = ["oob", "async"] as const;

export type Capability = (typeof CAPABILITIES)[number];

/** The only command of a session that has not negotiated yet (rule N2). */
export const NEGOTIATION_COMMAND = "qmp_capabilities";
