// Keeps the end of what a Go program prints, so that the reason of a crash can be told and not only logged.

const LIMIT = 4000; // characters

/** To be called before Go runs. Gives a function that tells what was printed last. */
export function rememberOutput() {
  const decoder = new TextDecoder();
  const write = globalThis.fs.writeSync;
  let end = '';
  globalThis.fs.writeSync = (fd, bytes) => {
    end = (end + decoder.decode(bytes)).slice(-2 * LIMIT);
    return write.call(globalThis.fs, fd, bytes);
  };
  return () => {
    const at = end.lastIndexOf('panic: ');
    return at < 0 ? '' : end.slice(at, at + LIMIT);
  };
}
