// Data files are scripts, because a page opened as a file may load nothing else. Each calls
// `duckpond(kind, name, value)` once.

/** So long a file may take. One that comes later is not lost: who asks again has it at once. */
const PATIENCE_MS = 30_000;

const keyOf = (kind: string, name: string): string => `${kind} ${name}`;

/** How often a file was asked for, by what it tells. */
const asked = new Map<string, number>();
const coming = new Map<string, Promise<unknown>>();
/** What came and nobody has taken yet. */
const told = new Map<string, unknown>();

export function receive(kind: string, name: string, value: unknown): void {
  const key = keyOf(kind, name);
  if (asked.has(key)) told.set(key, value);
}

/** Asked for again, a file has another address: what was wrong may lie in the browser's cache. */
function addressOf(address: string, times: number): string {
  if (times === 0) return address;
  return `${address}${address.includes("?") ? "&" : "?"}again=${times}`;
}

function request(key: string, address: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const timer = setTimeout(
      () => reject(new Error(`${address} (no answer in ${PATIENCE_MS / 1000} s)`)),
      PATIENCE_MS,
    );
    const end = (): void => {
      clearTimeout(timer);
      script.remove();
      if (told.has(key)) resolve(undefined);
      else reject(new Error(address));
    };
    const times = asked.get(key) ?? 0;
    asked.set(key, times + 1);
    script.onload = end;
    script.onerror = end;
    script.src = addressOf(address, times);
    document.head.append(script);
  });
}

async function take(key: string, address: string): Promise<unknown> {
  if (!told.has(key)) await request(key, address);
  const value = told.get(key);
  told.delete(key);
  return value;
}

/**
 * What a data file tells; asked for once, whoever wants it meanwhile. Rejected with its address
 * when it does not come, or tells nothing.
 */
export function load(kind: string, name: string, address: string): Promise<unknown> {
  const key = keyOf(kind, name);
  const known = coming.get(key);
  if (known) return known;
  const taken = take(key, address).finally(() => coming.delete(key));
  coming.set(key, taken);
  return taken;
}
