"""The wire: the only folder that knows httpx and the chat-completions format.

A question becomes JSON (`wire`). Bytes become lines and events (`sse`), events become deltas
(`decoding`, `calls`, `scrub`), refusals become errors (`failures`). `client` and `exchange` move
the bytes, `posting` those of many questions at once. What else a host tells is in `documents`.
"""
