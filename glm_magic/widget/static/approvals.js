// A call that the model wants to make: shown whole, and run only when the person says so.

function makeApprovals({ wire, makeBlock, say }) {
  const open = new Map(); // number -> node

  return {
    ask(parent, { id, line, text, each }) {
      const known = open.get(id);
      if (known) { // told again, for another page: its place was made anew, its words stay
        parent.append(known);
        const words = known.querySelector("input");
        if (words.value && document.activeElement === document.body) words.focus({ preventScroll: true });
        return;
      }
      const words = element("input", {
        type: "text", "aria-label": "Why not, or what to change", placeholder: "why not, or what to change",
      });
      const decide = (decision) => () => wire.send({ kind: "decide", call: id, decision, words: words.value });
      const button = (label, title, decision, main = false) => element("button", {
        type: "button", title, onclick: decide(decision), class: main ? "glm-main" : "",
      }, label);
      // By Enter in the field; a form, because our keys are taken at the window.
      function sayWhy(event) {
        event.preventDefault();
        if (words.value.trim()) decide("no")();
      }
      const buttons = each
        ? [button("Run", "Run this cell in the notebook's kernel", "once", true), button("Don't run", "The model is told", "no")]
        : [
          button("Run once", "Run this call", "once", true),
          button("Always here", "Run this tool without asking, until the kernel ends", "always"),
          button("Don't run", "The model is told", "no"),
          button("Never", "Do not ask about this tool again", "never"),
        ];
      const title = each ? "The model wants to run this cell:" : `The model wants to call ${line}:`;
      const call = element("div", { class: "glm-call" });
      const node = element(
        "div", { class: "glm-approval", role: "group", "aria-label": title, tabindex: "-1" },
        element("strong", {}, title), call, element("form", { class: "glm-bar", onsubmit: sayWhy }, ...buttons, words),
      );
      makeBlock(call, () => {}).set(text);
      parent.append(node);
      open.set(id, node);
      say("It waits for you: run it or not.");
      // Never a button: the next key may be meant for something else.
      const at = document.activeElement;
      if (node.closest(".glm-panel")?.contains(at) && !at.matches("input, select, textarea")) {
        node.focus({ preventScroll: true });
      }
    },
    // What was decided, and what came of it, stands among the steps.
    decided({ id }) {
      const node = open.get(id);
      // What goes would lose the focus, and the keyboard its place.
      if (node?.contains(document.activeElement)) node.closest(".glm-log").focus({ preventScroll: true });
      node?.remove();
      open.delete(id);
    },
  };
}
