"""Functions the model may call, and typed answers: what happens between the rounds of a turn."""
