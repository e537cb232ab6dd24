"""All that can be found in an error by somebody who holds it."""

import traceback
from collections.abc import Iterator
from types import FrameType, TracebackType

from glm_magic import errors

from .. import canary


def locals_seen(error: BaseException | None) -> Iterator[str]:
    """All that an error, its causes and the frames of their tracebacks hold, as text."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__]
        yield (
            repr(one) + repr(one.args) + repr(vars(one)) + "".join(traceback.format_exception(one))
        )
        yield from map(_frame, _frames(one.__traceback__))


def _frames(trace: TracebackType | None) -> Iterator[FrameType]:
    while trace:
        yield trace.tb_frame
        trace = trace.tb_next


def _frame(frame: FrameType) -> str:
    if frame.f_code.co_filename.endswith(("test_key.py", "test_key_binding.py", "asking.py")):
        return ""  # the test itself knows the key
    parts = [
        f"{name}={value!r} {getattr(value, '__dict__', '')!r}"
        for name, value in frame.f_locals.items()
    ]
    assert "httpx" not in frame.f_code.co_filename
    return "\n".join(parts)


def shows_nothing(error: BaseException | None) -> None:
    """Nobody who holds this error can find the key in it."""
    assert isinstance(error, errors.GLMError)
    assert error.__cause__ is None
    assert error.__context__ is None
    assert not any(map(canary.seen_in, locals_seen(error)))
