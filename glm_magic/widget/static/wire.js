// How commands reach the kernel, and events come back.
//
// Where the kernel takes them on its control channel, they arrive while a cell runs; elsewhere
// they are widget messages, which wait for the cell.

const PATIENCE_MS = 700;

function makeWire(model, onSlow) {
  let unanswered = 0;
  const timers = new Set();

  function kernel() {
    return model.widget_manager?.kernel ?? null;
  }

  function overControl(content) {
    const type = model.get("door");
    const line = kernel();
    if (!type || typeof line?.sendControlMessage !== "function") return false;
    const header = {
      msg_id: crypto.randomUUID?.() ?? `glm-${Date.now()}-${Math.random()}`,
      msg_type: type,
      session: line.clientId,
      username: line.username ?? "",
      date: new Date().toISOString(),
      version: "5.3",
    };
    const message = { header, parent_header: {}, metadata: {}, content, channel: "control" };
    try {
      line.sendControlMessage(message, false, true);
      return true;
    } catch {
      return false; // the line is down: the widget's own messages are kept until it is up again
    }
  }

  function heard() {
    unanswered = 0;
    timers.forEach(clearTimeout);
    timers.clear();
    onSlow(false);
  }

  return {
    send(command) {
      unanswered += 1;
      const timer = setTimeout(() => unanswered && onSlow(true), PATIENCE_MS);
      timers.add(timer);
      if (!overControl(command)) model.send(command);
    },
    heard,
    canInterrupt: () => typeof kernel()?.interrupt === "function",
    interrupt: () => kernel().interrupt(),
    close: () => timers.forEach(clearTimeout),
  };
}
