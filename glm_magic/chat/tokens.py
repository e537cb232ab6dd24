"""How many tokens a text will be, before the server counts them."""

from __future__ import annotations

import re

# Chinese, Japanese, Korean and full-width characters: about 0.6 tokens each in GLM's tokenizer,
# against about 4 characters a token in Latin text (docs.z.ai gives no tokenizer; these are
# estimates, corrected by the usage that the server reports).
_WIDE = re.compile(r"[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_CHARACTERS_PER_TOKEN = 4.0
_TOKENS_PER_WIDE = 0.6


def estimate_tokens(text: str) -> int:
    """An estimate of the tokens in a text, without any tokenizer.

    Args:
        text: Any text.

    Returns:
        Tokens, rounded up; 0 for an empty text.
    """
    if not text:
        return 0
    wide = 0 if text.isascii() else len(_WIDE.findall(text))
    return max(1, round(wide * _TOKENS_PER_WIDE + (len(text) - wide) / _CHARACTERS_PER_TOKEN + 0.5))
