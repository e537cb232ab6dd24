"""What the design promises, measured: `make bench`, or `python -m tests.benchmarks --help`.

One module for each measurement; each has a `TITLE` and a `measure`. Nothing is asserted: the
report says what is over its target. CPU seconds are medians of several runs and can be trusted on
a busy machine; wall seconds cannot, so each has a baseline from the same run beside it.
"""
