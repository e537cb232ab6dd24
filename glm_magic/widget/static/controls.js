// Pickers: the model and how it answers, the frames that go along, the chats.

let controlNumber = 0;

function field(label, control, hint = "") {
  control.id = control.id || `glm-control-${++controlNumber}`;
  const shown = element("label", { for: control.id }, label);
  const row = element("div", { class: "glm-field" }, shown, control);
  if (hint) {
    const words = element("span", { class: "glm-quiet", id: `${control.id}-hint` }, hint);
    control.setAttribute("aria-describedby", words.id);
    row.append(words);
  }
  return row;
}

function options(select, choices, chosen) {
  select.replaceChildren(
    ...choices.map(([value, text]) => element("option", { value, selected: value === chosen }, text)),
  );
}

function makeSettings() {
  const model = element("select");
  const thinking = element("select");
  const effort = element("select");
  const number = { type: "number", inputmode: "decimal", placeholder: "default" };
  const temperature = element("input", { ...number, min: "0", max: "1", step: "0.1" });
  const longest = element("input", { ...number, min: "1", step: "1" });
  const facts = element("p", { class: "glm-quiet" });
  const effortRow = field("Effort", effort);
  const summary = element("summary", {}, "Model");
  const node = element(
    "details", { class: "glm-settings" }, summary,
    field("Model", model), facts, field("Thinking", thinking), effortRow,
    field("Temperature", temperature, "0 to 1"), field("Longest answer", longest, "tokens"),
  );
  let known = [], usual = ""; // what can be chosen, and what the settings say

  function show() {
    const one = known.find((each) => each.id === model.value);
    if (!one) return;
    facts.textContent = `${one.context} · ${one.cost}`;
    const fixed = { always: "always on", none: "not available" }[one.thinking];
    const before = thinking.value;
    const choices = [["", "default"], ["on", "on"], ["off", "off"]];
    options(thinking, fixed ? [["", fixed]] : choices, fixed ? "" : before);
    thinking.disabled = !!fixed;
    effortRow.hidden = !one.efforts.length;
    const chosen = effort.value;
    options(effort, [["", "default"], ...one.efforts.map((each) => [each, each])], chosen);
    longest.max = one.longest ?? "";
    summary.textContent = `Model: ${one.id} · ${one.cost}`;
  }
  model.addEventListener("change", show);

  return {
    node,
    welcome(event) {
      known = event.models;
      const kept = model.value !== usual && known.some((one) => one.id === model.value);
      const chosen = kept ? model.value : event.model;
      usual = event.model;
      options(model, known.map((one) => [one.id, `${one.id} · ${one.context} · ${one.cost}`]), chosen);
      show();
    },
    // Only what differs from what `%config` says, so that the panel follows it.
    values: () => ({
      model: model.value === usual ? null : model.value,
      thinking: { on: true, off: false }[thinking.value] ?? null,
      effort: effortRow.hidden ? null : effort.value || null,
      temperature: temperature.value || null,
      max_tokens: longest.value || null,
    }),
  };
}

function makeFrames(onOpen) {
  const list = element("div", { class: "glm-frames", role: "group", "aria-label": "Frames to attach" });
  const level = element("select");
  options(level, [["schema", "schema: names and types"], ["stats", "stats: and ranges"],
    ["values", "values: and frequent values"]], "values");
  const rows = element("input", { type: "number", min: "0", max: "1000", step: "1", value: "0" });
  const summary = element("summary", {}, "Attach data");
  const node = element(
    "details", { class: "glm-attach" }, summary, list,
    field("Detail", level), field("Raw rows", rows, "0 sends none"),
  );
  const boxes = new Map();
  const chosen = () => [...boxes].filter(([, one]) => one.box.checked).map(([name]) => name);
  let usual = "", touched = false; // the level that the settings say, and whether another was chosen
  const said = () => (usual || touched ? level.value : null); // before, the settings say it
  const ask = () => onOpen(said());

  function count() {
    const names = chosen();
    const told = [usual, null].includes(said()) ? "" : ` · ${level.value}`;
    summary.textContent = (names.length ? `Attached: ${names.join(", ")}` : "Attach data") + told;
  }
  node.addEventListener("toggle", () => node.open && ask());
  level.addEventListener("change", () => {
    touched = true;
    count();
    ask();
  });

  return {
    node, chosen,
    welcome(event) {
      usual = event.detail;
      if (!touched) level.value = usual;
      count();
    },
    values: () => ({ frames: chosen(), level: said(), rows: rows.value }),
    names(names) {
      const before = new Set(chosen());
      if (node.open) ask();
      boxes.clear();
      list.replaceChildren();
      for (const name of names) {
        const box = element("input", { type: "checkbox", onchange: count });
        box.checked = before.has(name);
        const words = element("span", { class: "glm-quiet" }, "measuring …");
        list.append(element("label", {}, box, element("code", {}, name), words));
        boxes.set(name, { box, words });
      }
      if (!names.length) list.append(element("p", { class: "glm-quiet" }, "No frames yet: run the cell that makes one."));
      count();
    },
    frame({ name, what, tokens, cost, usable }) {
      const one = boxes.get(name);
      if (!one) return;
      const size = tokens === null ? "" : ` · about ${tokens.toLocaleString("en")} tokens · ${cost}`;
      one.words.textContent = what + size;
      one.box.disabled = !usable;
    },
  };
}

function makeTools() {
  const names = element("input", { type: "text", placeholder: "my_function, describe", spellcheck: "false" });
  const schema = element("input", { type: "text", placeholder: "Invoice", spellcheck: "false" });
  const agent = element("input", { type: "checkbox" });
  const summary = element("summary", {}, "Tools");
  const node = element(
    "details", { class: "glm-toolbox" }, summary,
    field("Functions", names, "the model may call them when you approve"),
    field("Work in cells", agent, "it proposes cells; each runs when you approve"),
    field("Answer as", schema, "a type of yours"),
  );
  function count() {
    const parts = [names.value.trim(), agent.checked ? "cells" : "", schema.value.trim() && `as ${schema.value.trim()}`];
    summary.textContent = parts.some(Boolean) ? `Tools: ${parts.filter(Boolean).join(", ")}` : "Tools";
  }
  node.addEventListener("input", count);
  return { node, values: () => ({ tools: names.value, schema: schema.value.trim(), agent: agent.checked }) };
}
