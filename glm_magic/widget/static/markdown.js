// Markdown by the page's own renderer, with its sanitizer on; plain text where there is none.
// What arrives here was made inert in the kernel already.

function element(kind, attributes = {}, ...children) {
  const node = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

function makeRenderer(model) {
  const service = model.widget_manager?.rendermime;

  const plainly = (node, text) => node.replaceChildren(element("pre", { class: "glm-plain" }, text));

  async function render(node, text) {
    if (!service?.createRenderer) return plainly(node, text);
    const renderer = service.createRenderer("text/markdown");
    const data = { "text/markdown": text };
    try {
      await renderer.renderModel(service.createModel({ data, trusted: false }));
      node.replaceChildren(renderer.node);
      await service.latexTypesetter?.typeset(renderer.node);
    } catch (error) { // formulas that cannot be set stay as they are written
      console.warn("GLM panel:", error);
      if (renderer.node.parentNode !== node) plainly(node, text);
    }
  }

  // All blocks take turns, one a frame: the page stays the reader's while formulas are set.
  let turns = Promise.resolve();
  const frame = () => new Promise((go) => { setTimeout(go, 100); requestAnimationFrame(() => setTimeout(go)); });

  // One block that grows: the newest text wins.
  return function makeBlock(parent, onSettled) {
    const node = element("div", { class: "glm-block" });
    parent.append(node);
    let text = "", painted = null, running = null;
    async function paint() {
      while (painted !== text) {
        const mine = turns.then(async () => {
          const wanted = text, began = performance.now();
          await render(node, wanted);
          painted = wanted;
          onSettled(node);
          await frame();
          return performance.now() - began;
        });
        turns = mine.catch(() => {});
        // A block that is slow to render is not rendered again at once.
        const took = await mine;
        if (painted !== text) await new Promise((go) => setTimeout(go, Math.min(3 * took, 1000)));
      }
      running = null;
    }
    function request() {
      running = running ?? paint();
      return running;
    }
    return {
      change(keep, add) {
        text = text.slice(0, keep) + add;
        return request();
      },
      set(whole) {
        text = whole;
        return request();
      },
    };
  };
}

// Where code can go: into a cell of the notebook that shows us, if the front end lets us.
function makeInserter(model) {
  let last = null; // the cell we inserted last, and below which one: a second goes below the first

  function notebook() {
    const shared = model.widget_manager?.context?.model?.sharedModel;
    return typeof shared?.insertCell === "function" && shared.cells ? shared : null;
  }

  function place(shared, root) {
    const cells = [...shared.cells];
    const own = cells.findIndex((cell) => cell.id === model.get("cell"));
    const book = root.closest(".jp-Notebook") ?? visibleNotebook();
    const active = book?.querySelector(".jp-Cell.jp-mod-active");
    const index = Number(active?.dataset.windowedListIndex ?? NaN);
    const below = Number.isInteger(index) && index < cells.length ? index : own;
    const id = cells[below]?.id ?? "";
    const again = last && last.below === id ? cells.findIndex((one) => one.id === last.id) : -1;
    return { at: 1 + (again >= 0 ? again : below >= 0 ? below : cells.length - 1), below: id };
  }

  function visibleNotebook() {
    const path = model.widget_manager?.context?.path;
    const books = [...document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook")];
    return path ? books[0] : null;
  }

  return {
    possible: () => notebook() !== null,
    insert(source, root) {
      const shared = notebook();
      const { at, below } = place(shared, root);
      const cell = shared.insertCell(at, { cell_type: "code", source });
      last = { id: cell?.id ?? shared.cells[at]?.id, below };
    },
  };
}
