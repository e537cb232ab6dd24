"""Tests of glm_magic. None needs a key, none leaves this machine."""
