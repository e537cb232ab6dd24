"""The panel: a chat beside the notebook, a face over the same workbench and conversation.

`session` takes commands and tells events, without knowing what shows them; `view` is the widget.
"""
