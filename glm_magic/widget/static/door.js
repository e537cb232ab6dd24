// The kernel itself: its control channel, whose messages arrive while a cell runs, and its end.

const GONE = ["restarting", "autorestarting", "terminating", "dead"];

function kernelOf(model) {
  return model.widget_manager?.kernel ?? null;
}

// Whether the message is on its way; that it arrives is not known.
function throughDoor(model, content) {
  const type = model.get("door");
  const line = kernelOf(model);
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

// Tell when the kernel ends or begins anew; gives what stops the telling. Not every front end says.
function onGone(model, gone) {
  const changed = kernelOf(model)?.statusChanged;
  if (typeof changed?.connect !== "function") return () => {};
  const slot = (_, status) => { if (GONE.includes(status)) gone(); };
  changed.connect(slot);
  return () => changed.disconnect(slot);
}
