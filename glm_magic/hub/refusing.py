"""Why the service does not answer, as JSON that every client of the wire understands."""

from __future__ import annotations

import json

# HTTP status of each code; `glm_magic.api.failures` says what a student can do about it.
STATUSES = {
    "course-token": 403,
    "course-scope": 403,
    "course-off": 403,
    "course-model": 403,
    "course-field": 403,
    "course-hints": 403,
    "course-request": 400,
    "course-student-budget": 429,
    "course-budget": 429,
    "course-waiting": 429,
    "course-busy": 503,
    "course-later": 503,
    "course-account": 502,
    "course-host": 502,
    "course-hub": 503,
}


class Refused(Exception):  # noqa: N818 - the deed, not a failure of ours
    """A question that is not answered.

    Attributes:
        code: The business code.
        status: HTTP status.
        message: One sentence for the student.
        retry_after_seconds: When asking again may help, if the model's host said so.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = STATUSES.get(code, 400) if status is None else status
        self.message = message
        self.retry_after_seconds = retry_after_seconds

    def document(self) -> bytes:
        """As the wire has errors."""
        return json.dumps({"error": {"code": self.code, "message": self.message}}).encode()
