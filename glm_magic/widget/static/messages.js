// The turns of the conversation, as articles in a log.

function makeMessages({ log, makeBlock, inserter, approvals, say }) {
  const shown = new Map(); // turn id -> { node, blocks, ... }
  let live = null;

  function button(label, title, action) {
    return element("button", { type: "button", class: "glm-small", title, onclick: action }, label);
  }

  function offerCode(node) {
    for (const block of node.querySelectorAll("pre")) {
      if (block.parentElement.classList.contains("glm-code")) continue;
      const source = () => block.textContent.replace(/\n$/, "");
      const tools = element("div", { class: "glm-tools" });
      tools.append(button("Copy", "Copy this code", () => copy(source())));
      if (inserter.possible()) {
        const insert = () => {
          inserter.insert(source(), log);
          say("Inserted below as a new cell; it was not run.");
        };
        tools.append(button("Insert as cell", "Put this code into a new cell; it is not run", insert));
      } else {
        tools.append(element("span", { class: "glm-quiet" }, "%glm code puts it into a cell"));
      }
      const frame = element("div", { class: "glm-code" });
      block.replaceWith(frame);
      frame.append(tools, block);
    }
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      say("Copied.");
    } catch {
      say(copyAsBefore(text) ? "Copied." : "The browser does not let a page copy; select the code instead.");
    }
  }

  // Over plain http, as in many a classroom, a page has no clipboard, only this.
  function copyAsBefore(text) {
    const focused = document.activeElement;
    const area = element("textarea", { class: "glm-hidden", "aria-hidden": "true" });
    log.append(area);
    area.value = text;
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused?.focus();
    return done;
  }

  function create(turn) {
    const answer = element("div", { class: "glm-answer" });
    const thoughts = element("div", { class: "glm-thoughts", tabindex: "0" });
    const summary = element("summary", {}, "Thinking …");
    const reasoning = element("details", { class: "glm-reasoning", hidden: true }, summary, thoughts);
    const notice = element("p", { class: "glm-notice", hidden: true });
    const below = element("div", { class: "glm-below" });
    const steps = element("div", { class: "glm-steps" });
    const waiting = element("div", { class: "glm-waiting" });
    const attached = turn.attached.map((one) => element("span", { class: "glm-chip" }, one));
    if (turn.cell) attached.push(element("span", { class: "glm-chip glm-cell" }, "asked in a cell"));
    const prompt = element(
      "div", { class: "glm-prompt" },
      element("span", { class: "glm-hidden" }, "You asked: "),
      element("div", { class: "glm-words" }, turn.prompt), ...attached,
    );
    const node = element(
      "article", { class: "glm-turn" },
      prompt, element("span", { class: "glm-hidden" }, "Answer: "), steps, waiting, reasoning, notice, answer, below,
    );
    return { node, answer, steps, waiting, reasoning, summary, thoughts, notice, below, blocks: [], turn };
  }

  function block(one, index) {
    while (one.blocks.length <= index) one.blocks.push(makeBlock(one.answer, offerCode));
    return one.blocks[index];
  }

  function showSteps(one, text) {
    one.stepBlock ??= makeBlock(one.steps, offerCode);
    one.stepBlock.set(text);
  }

  function finish(one, turn) {
    Object.assign(one.turn, turn);
    if (turn.steps) showSteps(one, turn.steps);
    if (turn.blocks) {
      one.answer.replaceChildren();
      one.blocks = [];
      turn.blocks.forEach((text, index) => block(one, index).set(text));
      one.thoughts.textContent = turn.reasoning;
    }
    one.reasoning.hidden = !one.thoughts.textContent;
    one.summary.textContent = turn.thought ? `Thought for ${turn.thought} s` : "Thoughts";
    one.notice.hidden = true;
    const warnings = turn.warnings.map((text) => element("p", { class: "glm-warning" }, `⚠ ${text}`));
    const sources = element("div", { class: "glm-sources" });
    if (turn.sources) makeBlock(sources, () => {}).set(turn.sources);
    one.below.replaceChildren(sources, ...warnings, element("p", { class: "glm-footer" }, turn.footer));
    one.node.classList.remove("glm-live");
  }

  return {
    begin(turn, instead) {
      live = create(turn);
      live.node.classList.add("glm-live");
      const old = shown.get(turn.id) ?? shown.get(instead);
      if (old) old.node.replaceWith(live.node);
      else log.append(live.node);
      shown.delete(instead);
      shown.set(turn.id, live);
    },
    delta({ changes = [], reasoning = "", notice }) {
      if (!live) return;
      if (reasoning) {
        live.reasoning.hidden = false;
        live.thoughts.append(reasoning);
      }
      for (const [index, keep, add] of changes) block(live, index).change(keep, add);
      if (notice !== undefined) {
        live.notice.textContent = notice;
        live.notice.hidden = !notice;
      }
    },
    // The model's words of a round that is over stand among the steps.
    steps({ text, new: fresh = false }) {
      if (!live) return;
      showSteps(live, text);
      if (!fresh) return;
      live.answer.replaceChildren();
      live.blocks = [];
      live.thoughts.textContent = "";
      live.reasoning.hidden = true;
    },
    figures({ images }) {
      for (const src of live ? images : []) live.waiting.append(element("img", { src, alt: "A figure of the cell that ran" }));
    },
    approve(event) {
      if (live) approvals.ask(live.waiting, event);
    },
    end(turn) {
      if (live) finish(live, turn);
      live = null;
    },
    // The whole order, with those turns that were not told before.
    set({ order, turns, stale }) {
      for (const turn of turns) {
        const old = shown.get(turn.id);
        const one = create(turn);
        finish(one, turn);
        shown.set(turn.id, one);
        old?.node.remove();
      }
      const wanted = new Set(order);
      for (const [id, one] of shown) {
        if (wanted.has(id)) continue;
        one.node.remove();
        shown.delete(id);
      }
      const nodes = order.map((id) => shown.get(id)?.node).filter(Boolean);
      nodes.forEach((node, index) => {
        if (log.children[index] !== node) log.insertBefore(node, log.children[index] ?? null);
      });
      const old = new Set(stale);
      for (const [id, one] of shown) one.node.classList.toggle("glm-stale", old.has(id));
    },
    prompts: () => [...shown.values()].map((one) => one.turn.prompt),
    count: () => shown.size,
  };
}
