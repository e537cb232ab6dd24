"""A shell with the extension, in a folder with a course file."""

from tests.jupyter.conftest import bare_shell, sandbox, settings_for, shell

__all__ = ["bare_shell", "sandbox", "settings_for", "shell"]
