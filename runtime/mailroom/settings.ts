/** The mailroom's rhythm. Tests set other values through the environment. */

export interface Settings {
  /** Between two checks of a folder while the server pushes news (IDLE). */
  sweepMs: number;
  /** Between two checks where it does not. */
  pollMs: number;
  /** The first pause before connecting again; it doubles up to `maxReconnectMs`. */
  reconnectMs: number;
  maxReconnectMs: number;
  /** The pause after what only a person can heal: a refused login, a folder that is not there. */
  slowRetryMs: number;
}

export function settingsFrom(environment: Record<string, string | undefined>): Settings {
  const sweep = milliseconds(environment.MSGHUB_SWEEP_MS);
  const reconnect = milliseconds(environment.MSGHUB_RECONNECT_MS);
  return {
    // Servers drop an IDLE after 29 minutes at the latest; each sweep begins a new one.
    sweepMs: sweep ?? 5 * 60_000,
    pollMs: sweep ?? 60_000,
    reconnectMs: reconnect ?? 1_000,
    maxReconnectMs: (reconnect ?? 1_000) * 300,
    slowRetryMs: (reconnect ?? 1_000) * 300,
  };
}

function milliseconds(text: string | undefined): number | undefined {
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) && value > 0 ? value : undefined;
}
