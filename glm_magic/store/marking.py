"""How what we show is known again in a notebook, for who need not read turns."""

NAMESPACE = "glm_magic"
SCHEMA = 1
# On what else of ours is displayed, so that `strip` knows it; no turn is read from it.
MARK = {NAMESPACE: {"schema": SCHEMA}}
# Ends the first line of what shows a whole request; a cell may print it anywhere, without a mark.
NOT_SENT = "nothing was sent."
