// Messages on the kernel's control channel, which arrive while a cell runs.

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
