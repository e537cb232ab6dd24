// Writes code that a model proposed into cells below the one that asked.
//
// It has no view. The kernel uses it only after `able` came back from the page: there is a
// document here whose cells can be written.

function cellsOf(model) {
  const shared = model.widget_manager?.context?.model?.sharedModel;
  return typeof shared?.insertCell === "function" && shared.cells ? shared : null;
}

function place(model, { cell, number, before, source }) {
  const shared = cellsOf(model);
  const cells = [...shared.cells];
  const own = cells.findIndex((one) => one.id === cell);
  if (own < 0) return;
  const here = own + 1 + number;
  const near = cells.slice(here, here + 3).filter((one) => one.cell_type === "code");
  const holding = (code) => near.find((one) => one.getSource().trim() === code.trim());
  // Only a cell that still is as it was made: what somebody has worked on is theirs.
  const old = before && holding(before);
  if (source === null) {
    if (old) shared.deleteCell(cells.indexOf(old));
  } else if (!old) {
    if (holding(source)) return; // another page of the same document was faster
    shared.insertCell(here, { cell_type: "code", source });
  } else if (before.trim() !== source.trim()) {
    shared.transact(() => {
      old.setSource(source);
      old.setOutputs([]);
      old.execution_count = null;
    });
  }
}

function initialize({ model }) {
  model.on("msg:custom", (content) => place(model, content));
  if (cellsOf(model)) {
    throughDoor(model, {}); // the cell that wants cells may run on
    model.set("able", true);
    model.save_changes();
  }
}

export default { initialize };
