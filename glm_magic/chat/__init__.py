"""What a conversation is: standard library only, no network, no disk, no IPython.

From the wire upward: a *delta* is one decoded increment, a *message* what one role said, a *turn*
a user message and all that followed, a *conversation* the turns of one notebook, and a *chat* the
live object that asks.
"""
