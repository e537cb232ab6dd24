"""Pure text in, text out: what an answer looks like, and the one place that makes it inert."""
