// How commands reach the kernel, and events come back.
//
// Where the kernel takes them on its control channel, they arrive while a cell runs; elsewhere
// they are widget messages, which wait for the cell. Voila lets nothing of ours through on the
// control channel and does not say so: what is not heard goes the other way too, under the same
// number, and the kernel does it once.

const PATIENCE_MS = 700;
const LONGEST_MS = 60_000;

function makeWire(model, onSlow) {
  const page = Math.random().toString(36).slice(2);
  const waiting = new Map(); // what the kernel has not heard yet -> the timer of our patience
  let sent = 0, preferred = "control";

  function overWidget(content) {
    try {
      model.send(content);
    } catch { /* its kernel is gone: nobody will hear it, and that is told */ }
  }

  // Each command is told to be heard by its own number: that other events arrive says nothing of it.
  function heard({ id, way }) {
    if (!waiting.has(id)) return;
    clearTimeout(waiting.get(id));
    waiting.delete(id);
    preferred = way;
    if (!waiting.size) onSlow(false);
  }

  return {
    send(command) {
      const content = { ...command, id: `${page}-${++sent}` };
      let control = preferred === "control", patience = PATIENCE_MS, tries = 0;
      // Again and again, by turns: while a page opens, both ways may lose what they are given.
      function go() {
        if (!control || !throughDoor(model, content)) overWidget(content);
        waiting.set(content.id, setTimeout(() => {
          onSlow(true, ++tries);
          control = !control;
          patience *= 2;
          if (patience < LONGEST_MS && waiting.has(content.id)) go();
        }, patience));
      }
      go();
      return content.id;
    },
    // Do not try again.
    forget(id) {
      clearTimeout(waiting.get(id));
      waiting.delete(id);
    },
    heard,
    canInterrupt: () => typeof kernelOf(model)?.interrupt === "function",
    interrupt: () => kernelOf(model).interrupt(),
    close: () => waiting.forEach(clearTimeout),
  };
}
