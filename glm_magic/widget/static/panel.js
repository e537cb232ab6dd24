// The panel itself: puts the parts together and keeps the state that a page has of its own.

function render({ model, el }) {
  const status = element("p", { class: "glm-status" });
  const spoken = element("p", { class: "glm-hidden", role: "status", "aria-live": "polite" });
  const turns = element("div", { class: "glm-turns" });
  const log = element("div", { class: "glm-log", role: "log", "aria-live": "polite", "aria-label": "Conversation", tabindex: "0" }, turns);
  const trouble = element("div", { class: "glm-trouble", role: "alert", hidden: true });
  const ideas = element("div", { class: "glm-ideas", role: "group", "aria-label": "Suggested prompts" });
  const preview = element("div", { class: "glm-preview", hidden: true, role: "region", "aria-label": "What would leave" });
  const totals = element("p", { class: "glm-totals" });
  const earlier = element("p", { class: "glm-quiet", hidden: true });
  const prompt = element("textarea", { rows: "3", "aria-label": "Prompt", placeholder: "Ask. Enter sends, Shift+Enter is a new line." });
  const chat = element("select", { "aria-label": "Chat" });

  const wire = makeWire(model, slow);
  const say = (text) => { status.textContent = text; spoken.textContent = text; };
  const inserter = makeInserter(model);
  const makeBlock = makeRenderer(model);
  const approvals = makeApprovals({ wire, makeBlock, say });
  const messages = makeMessages({ log: turns, makeBlock, inserter, approvals, say });
  const tools = makeTools();
  const settings = makeSettings();
  const frames = makeFrames((level) => wire.send({ kind: "frames", level }));
  let streaming = false, current = "", pending = null, recalled = null, welcomed = false, running = false, following = true, scrolling = false;

  const press = (kind) => () => wire.send({ kind });
  const make = (label, title, action, more = {}) =>
    element("button", { type: "button", title, onclick: action, ...more }, label);
  const send = make("Send", "Send the prompt (Enter)", ask, { class: "glm-main" });
  const stop = make("Stop", "Stop the answer and keep what came (Escape)", stopNow, { class: "glm-stop" });
  const look = make("Preview", "Show exactly what would leave; nothing is sent", () => command("preview"));
  const idle = [
    make("Retry", "Ask the newest question again", press("retry")),
    make("Undo", "Take the last change back", press("undo")),
    make("Redo", "Make the undone change again", press("redo")),
    make("Clear", "Forget all turns; Undo brings them back", press("clear")),
  ];
  const begin = make("New chat", "Begin a new conversation", press("new"));
  const forms = [["md", "Markdown"], ["ipynb", "Notebook"], ["json", "JSON"]].map(([form, label]) =>
    make(label, "Write this chat to a new file beside the notebook", () => wire.send({ kind: "export", form })));
  const files = element("details", { class: "glm-export" }, element("summary", {}, "Export"), ...forms);
  chat.addEventListener("change", () => wire.send({ kind: "switch", chat: chat.value }));

  const bar = element("div", { class: "glm-bar glm-head" }, chat, begin, files);
  const more = element("div", { class: "glm-bar glm-more" }, ...idle);
  const buttons = element("div", { class: "glm-bar" }, send, stop, look, more);
  const choices = element("div", { class: "glm-choices" }, frames.node, tools.node, settings.node);
  const below = element("div", { class: "glm-bar glm-lines" }, status, totals);
  const foot = element("div", { class: "glm-foot" }, choices, prompt, buttons, below);
  const root = element("section", { class: "glm-panel", "aria-label": "GLM chat" }, bar, earlier, log, ideas, trouble, preview, foot, spoken);
  el.replaceChildren(root);

  // Before the notebook sees them: d d on a button of ours would delete the cell. An attribute of
  // JupyterLab's says so too, but Notebook 7 does not heed it.
  function key(event) {
    if (!root.contains(event.target)) return;
    const saves = (event.ctrlKey || event.metaKey) && event.key === "s";
    if (!saves) event.stopImmediatePropagation();
    if (event.isComposing) return; // an input method is at work: its Enter is not ours
    if (event.key === "Escape" && streaming) stopNow();
    if (log.contains(event.target)) touched = performance.now();
    if (event.target !== prompt) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      ask();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      if (!event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) recall(event);
    }
  }
  window.addEventListener("keydown", key, true);

  // Up at the very beginning brings earlier prompts, Down later ones, and the draft at the end.
  function recall(event) {
    const earlier = messages.prompts();
    const up = event.key === "ArrowUp";
    const edge = up ? prompt.value.slice(0, prompt.selectionStart) : prompt.value.slice(prompt.selectionEnd);
    const begins = up && prompt.selectionEnd === 0;
    if (edge.includes("\n") || !earlier.length || !(begins || recalled)) return;
    event.preventDefault();
    if (recalled === null) recalled = { at: earlier.length, draft: prompt.value };
    recalled.at = Math.min(Math.max(recalled.at + (up ? -1 : 1), 0), earlier.length);
    prompt.value = recalled.at === earlier.length ? recalled.draft : earlier[recalled.at];
    if (recalled.at === earlier.length) recalled = null;
  }

  prompt.addEventListener("input", () => { recalled = null; }); // what is edited is the draft now

  function command(kind) {
    if (!prompt.value.trim()) return say("Write a prompt first.");
    return wire.send({ kind, prompt: prompt.value, options: settings.values(), ...frames.values(), ...tools.values() });
  }

  function ask() {
    if (streaming) return say("An answer is under way; stop it first.");
    if (!prompt.value.trim()) return say("Write a prompt first.");
    pending = { id: command("ask"), words: prompt.value, taken: false };
    setStreaming(true, "Sending …");
  }

  function stopNow() {
    if (streaming) {
      wire.send({ kind: "stop" });
      say("Stopping …");
    } else if (running && wire.canInterrupt()) {
      wire.interrupt();
      say("The running cell was interrupted.");
    } else {
      say("Nothing is running.");
    }
  }

  function slow(isSlow, tries) {
    if (!isSlow) {
      if (/^(Waiting|The kernel)/.test(status.textContent)) say("");
      return;
    }
    if (!welcomed) say("Waiting for the kernel. If it was restarted, run this cell again.");
    else if (running) say("Waiting for the running cell: this kernel hears the panel only when it ends. ■ interrupts it.");
    else if (tries > 1) { // both ways were tried
      if (pending && !pending.taken) { // it can be sent again, and must not be asked twice
        wire.forget(pending.id);
        setStreaming(false);
      }
      say("The kernel does not answer. If it was restarted, run this cell again.");
    }
  }

  // Nobody will tell of the answer that was under way.
  function gone() {
    if (pending) wire.forget(pending.id);
    pending = null;
    setStreaming(false, "The kernel has ended or was restarted: run this cell again.");
  }

  function setStreaming(on, words = "") {
    streaming = on;
    const still = [send, ...idle, begin, chat];
    // A control that is switched off loses the focus, and the keyboard its place.
    if (on && still.includes(document.activeElement)) prompt.focus();
    still.forEach((one) => { one.disabled = on; });
    log.setAttribute("aria-busy", on ? "true" : "false");
    root.classList.toggle("glm-streaming", on);
    say(words);
  }

  function fail({ message, remedy }) {
    trouble.replaceChildren(element("strong", {}, message), element("p", {}, remedy));
    trouble.hidden = false;
    toEnd(true);
  }

  function suggest(prompts) {
    const choose = (text) => () => {
      const mine = prompt.value.trim() && !prompts.includes(prompt.value);
      if (mine) say("Empty the prompt first: it holds your own words.");
      else prompt.value = text;
      recalled = null;
      prompt.focus();
    };
    ideas.replaceChildren(...prompts.map((text) => make(text, "Put this into the prompt", choose(text), { class: "glm-idea" })));
  }

  // Follow the growing end, unless the reader has scrolled away from it.
  // Only a hand tells: the page scrolls by itself too, when formulas change a height.
  let touched = 0;
  for (const hand of ["wheel", "touchmove", "pointerdown"]) {
    log.addEventListener(hand, () => { touched = performance.now(); }, { passive: true });
  }
  // A busy page scrolls late: what the hand wants holds at once.
  log.addEventListener("wheel", (event) => {
    if (event.deltaY < 0 && log.scrollTop > 0) following = false;
  }, { passive: true });
  log.addEventListener("scroll", () => {
    if (performance.now() - touched > 500) return;
    following = log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  });
  const grown = new ResizeObserver(() => toEnd());
  grown.observe(turns);
  function toEnd(always = false) {
    following = following || always;
    if (!following || scrolling) return;
    scrolling = true; // once a frame: asking for a height makes the page reckon all of them
    requestAnimationFrame(() => {
      scrolling = false;
      if (following) log.scrollTop = log.scrollHeight;
    });
  }

  const doers = {
    welcome(event) {
      welcomed = true;
      running = event.cell;
      settings.welcome(event);
      frames.welcome(event);
      trouble.hidden = true;
      if (!event.key) fail({ message: `There is no API key for ${event.provider}.`, remedy: "Run %glm login in a cell; the panel never asks for a key." });
      setStreaming(event.busy, event.busy ? "Answering …" : event.sandbox ? "Sandbox: no model is called." : "");
    },
    turns(event) {
      messages.set(event);
      current = event.chats.find((one) => one.current)?.id;
      options(chat, event.chats.map((one) => [one.id, one.title]), current);
      totals.textContent = event.totals;
      earlier.textContent = `${event.earlier} earlier turns are not shown here: %glm show all`;
      earlier.hidden = !event.earlier;
      ideas.hidden = messages.count() > 0;
      toEnd(event.turns.length > 0);
    },
    asking({ id }) {
      if (pending && pending.id === id) pending.taken = true;
      trouble.hidden = true;
      preview.hidden = true;
      setStreaming(true, "Asking …");
    },
    begun({ turn, instead }) {
      messages.begin(turn, instead);
      if (pending?.taken) {
        if (prompt.value === pending.words) prompt.value = "";
        pending = null;
      }
      recalled = null;
      ideas.hidden = true;
      toEnd(true);
    },
    delta(event) {
      messages.delta(event);
      if (event.changes && /^(Asking|Sending)/.test(status.textContent)) status.textContent = "Answering …";
    },
    steps(event) {
      messages.steps(event);
      toEnd();
    },
    figures(event) {
      messages.figures(event);
      toEnd();
    },
    approve(event) {
      messages.approve(event);
      toEnd(true);
    },
    decided(event) {
      approvals.decided(event);
      say("Answering …");
    },
    ended({ turn }) {
      messages.end(turn);
      spoken.textContent = turn.partial ? "The answer was cut short." : "The answer is complete.";
    },
    cell: ({ runs }) => { running = runs; },
    idle() {
      if (pending?.taken) pending = null; // it failed before it began
      setStreaming(false, spoken.textContent);
    },
    note: ({ text }) => say(text),
    failed(event) {
      fail(event);
      chat.value = current; // a switch may be what was refused
    },
    offers: (event) => { frames.names(event.names); suggest(event.prompts); },
    frame: (event) => frames.frame(event),
    preview: showPreview,
  };

  function showPreview({ parts, text }) {
    const rows = parts.map(([name, what, tokens, cost]) => element(
      "tr", {}, element("th", { scope: "row" }, name), element("td", {}, what),
      element("td", {}, tokens.toLocaleString("en")), element("td", {}, cost),
    ));
    const heads = ["part", "what", "tokens", "cost"].map((one) => element("th", { scope: "col" }, one));
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
    const close = make("Close", "Close the preview", () => { preview.hidden = true; prompt.focus(); });
    preview.replaceChildren(table, element("pre", { tabindex: "0", "aria-label": "The exact request" }, text), close);
    preview.hidden = false;
    preview.scrollIntoView({ block: "nearest" });
    say("This would leave; nothing was sent.");
  }

  function hear(event) {
    if (event.kind === "heard") wire.heard(event);
    doers[event.kind]?.(event);
  }
  model.on("msg:custom", hear);
  const unwatch = onGone(model, gone);
  wire.send({ kind: "hello" });
  return () => {
    unwatch();
    window.removeEventListener("keydown", key, true);
    model.off("msg:custom", hear);
    grown.disconnect();
    wire.close();
  };
}

export default { render };
