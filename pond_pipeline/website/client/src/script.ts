// Data files are scripts, because a page opened as a file may load nothing else. Each calls
// `duckpond(kind, name, value)` once.

const waiting = new Map<string, (value: unknown) => void>();

export function receive(kind: string, name: string, value: unknown): void {
  waiting.get(`${kind} ${name}`)?.(value);
}

/** What a data file tells; rejected with its address when it does not come, or tells nothing. */
export function load(kind: string, name: string, address: string): Promise<unknown> {
  const key = `${kind} ${name}`;
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    let value: unknown;
    waiting.set(key, (told) => {
      value = told;
    });
    const end = (): void => {
      waiting.delete(key);
      script.remove();
      if (value === undefined) reject(new Error(address));
      else resolve(value);
    };
    script.onload = end;
    script.onerror = end;
    script.src = address;
    document.head.append(script);
  });
}
