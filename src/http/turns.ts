/** Work that is done one after the other for each key, and at the same time for different ones. */
export function makeTurns() {
  const last = new Map<string, Promise<unknown>>();
  return async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = last.get(key) ?? Promise.resolve();
    const done = before.then(work, work);
    const settled = done.catch(() => {});
    last.set(key, settled);
    settled.then(() => last.get(key) === settled && last.delete(key));
    return done;
  };
}
