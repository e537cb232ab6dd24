"""A loopback server that speaks the GLM wire, for everyone without a key.

`Sandbox` answers like the documented chat-completions service: streams, thinking, tools, JSON
mode, usage, every business code. Behind it is no model but a deterministic, rule-based stand-in
that reads the description of the data it was sent, and says so in every answer. Importing this
package is cheap: the server's library is imported when a sandbox starts.

Lines in a prompt that begin with `sandbox:` direct it, see `directives.py`; `Fault` scripts what
goes wrong on the line.
"""

from .faults import Fault
from .running import RecordedRequest, Sandbox, serve
from .steps import Cut, Pause, Step

__all__ = ["Cut", "Fault", "Pause", "RecordedRequest", "Sandbox", "Step", "serve"]
