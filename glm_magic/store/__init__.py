"""Conversations on disk: the only folder that knows files, platformdirs and nbformat.

While a notebook works, each event of its conversation is a line of a *journal*: one file per
conversation and process, only ever appended to, so that no two writers share a file and no lock
is needed. A conversation is read by merging its journals. The *ledger* keeps what was spent, in
the same way.
"""
