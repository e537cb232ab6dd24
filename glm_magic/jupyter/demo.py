"""The README's first cells in a terminal, run in a fresh IPython shell."""

from __future__ import annotations

import os
import sys
import tempfile

from IPython.core.interactiveshell import InteractiveShell


def run_demo(question: str) -> bool:
    """Ask a question about the Palmer penguins on the sandbox; tells whether all went well."""
    shell = InteractiveShell.instance()
    # What is said here is kept for nobody.
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GLM_DATA_DIR"] = folder
        return _run(shell, question)


def _run(shell: InteractiveShell, question: str) -> bool:
    cells = (
        "%load_ext glm_magic",
        "%config GLM.provider = 'sandbox'",
        "import palmerpenguins\npenguins = palmerpenguins.load_penguins()",
        f"%%glm -m glm-4.5-air --frame penguins\n{question}",
    )
    for cell in cells:
        sys.stdout.write("".join(f">>> {line}\n" for line in cell.splitlines()))
        sys.stdout.flush()
        if not shell.run_cell(cell).success:
            return False
    shell.run_line_magic("unload_ext", "glm_magic")
    return True
