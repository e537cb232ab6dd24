"""The wire: the only folder that knows httpx and the chat-completions format.

Bytes become lines and events (`sse`), events become deltas (`wire`, `scrub`), refusals become
errors (`failures`), and `client` and `exchange` move the bytes.
"""
