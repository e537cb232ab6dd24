"""Business codes: the HTTP status each one comes with, and an English message.

The table follows docs.z.ai/api-reference/api-code and the longer mainland one,
docs.bigmodel.cn/cn/api/api-code. Where a page names no HTTP status, 400 is our choice. The
messages are ours in wording, the documented ones in meaning.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

_MESSAGES: dict[int, dict[str, str]] = {
    401: {
        "1000": "Authentication failed.",
        "1001": "No Authentication parameter was received in the header.",
        "1002": "The authentication token is invalid.",
        "1003": "The authentication token has expired.",
        "1004": "Authentication with this token failed.",
        "1005": "A second factor is needed; finish the login in the console.",
    },
    403: {"1220": "You do not have permission to use this API or model."},
    429: {
        "1113": "Insufficient balance or no resource package. Please recharge.",
        "1302": "Rate limit: too many requests in flight for this model.",
        "1303": "Rate limit: requests come too often.",
        "1304": "The daily limit of calls for this API was reached.",
        "1305": "The platform is overloaded; please try again later.",
        "1308": "Usage limit reached for 5 hours. It will reset at 2026-12-01 05:00:00.",
        "1309": "The coding plan has expired.",
        "1310": "Weekly or monthly limit exhausted. It will reset at 2026-12-07 00:00:00.",
        "1311": "The coding plan does not include this model.",
        "1312": "This model is very busy; please try another one.",
        "1313": "The account is restricted by the fair-use policy.",
        "1314": "The enterprise plan is not valid.",
        "1315": "This key is for the enterprise coding plan only.",
        **{
            str(code): "A usage cap with overflow billing was reached."
            for code in range(1316, 1322)
        },
    },
    500: {
        "1200": "The API call failed.",
        "1230": "The API call flow failed.",
        "1234": "Network error; please contact support with the request id.",
        "-": "Internal server error.",
    },
    400: {
        "1100": "The account could not be read.",
        "1110": "The account is not active.",
        "1111": "The account does not exist.",
        "1112": "The account is locked.",
        "1120": "The account could not be reached for now.",
        "1121": "The account is locked for breaking the rules.",
        "1210": "The API call parameters are wrong.",
        "1211": "The model does not exist, please check the model code.",
        "1212": "The method is not supported by this API.",
        "1213": "A required parameter was not received.",
        "1214": "A parameter is illegal.",
        "1215": "Parameters exclude each other.",
        "1221": "The API is offline.",
        "1222": "The API does not exist.",
        "1231": "The request_id was used before.",
        "1261": "The prompt is too long for the model's context window.",
        "1300": "The call was blocked by policy.",
        "1301": "The system detected content that may be unsafe or sensitive.",
    },
}
CODES = {code: status for status, codes in _MESSAGES.items() for code in codes}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered.

    Attributes:
        status: HTTP status.
        code: Business code, a string on the wire too.
        message: English text.
    """

    status: int
    code: str
    message: str

    def body(self) -> bytes:
        """The JSON object of the wire; 1301 names the level and role that were filtered."""
        record: dict[str, object] = {"error": {"code": self.code, "message": self.message}}
        if self.code == "1301":
            record["contentFilter"] = [{"level": 1, "role": "user"}]
        return json.dumps(record, ensure_ascii=False).encode()


class Refused(Exception):  # noqa: N818 - the deed, not a failure of ours
    """Raised while a request is read; carries the refusal to send."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def refusal(code: str, message: str = "", status: int | None = None) -> Refusal:
    """The refusal of a business code, with the table's status and message unless given.

    Args:
        code: Business code, for example "1302"; one outside the table is sent with 400.
        message: Text instead of the table's, or after it when it begins with a space.
        status: HTTP status instead of the table's.
    """
    known = CODES.get(code, 400)
    table_text = _MESSAGES[known].get(code, "The request was refused.")
    text = table_text + message if message.startswith(" ") else message or table_text
    return Refusal(known if status is None else status, code, text)


def refuse(code: str, message: str = "") -> Refused:
    """The exception to raise for a business code."""
    return Refused(refusal(code, message))
