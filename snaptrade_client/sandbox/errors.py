"""What the service refuses, as a table: one row for each refusal.

Strategy: a room raises `ServiceError(ROW, ...)` and knows nothing of HTTP; `app` turns it into an
answer. The service has two shapes of errors, and clients meet both: `{"detail", "status_code",
"code"}`, and `{"default_detail", "default_code"}`, which the sandbox gives for a signature.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row: the HTTP status, the service's code, and the text, in which `{}` names a value."""

    status: int
    code: str
    detail: str
    shape: str = "detail"


USER_EXISTS = Refusal(400, "1010", "User with the following userId already exists: {user_id}")
WRONG_SIGNATURE = Refusal(401, "1076", "Unable to verify signature sent: {reason}", "default")
WRONG_CREDENTIALS = Refusal(401, "1083", "Invalid userID or userSecret provided")
NOT_FOUND = Refusal(404, "1011", "{what} not found.")
THROTTLED = Refusal(
    429, "0000", "Request was throttled. Expected available in {wait} second{plural}."
)
UNEXPECTED = Refusal(500, "1000", "Unexpected error.")

# The codes of the following are not documented: assumed.
INVALID = Refusal(400, "0000", "{reason}")
NO_RSA_KEY = Refusal(400, "0000", "The user has no RSA public key to encrypt the answer with.")
FORM_TOO_LARGE = Refusal(413, "0000", "The form is too large.")
METHOD_NOT_ALLOWED = Refusal(405, "0000", 'Method "{method}" not allowed.')
UNSUPPORTED_MEDIA_TYPE = Refusal(415, "0000", 'Unsupported media type "{media_type}" in request.')


class ServiceError(Exception):
    """A request that the service refuses."""

    def __init__(self, refusal: Refusal, **values: object) -> None:
        """Fill the row's text with `values`."""
        super().__init__(refusal.status, refusal.code)
        self.refusal = refusal
        self.detail: str = refusal.detail.format(**values)

    @property
    def body(self) -> Mapping[str, object]:
        """The JSON body of the answer."""
        if self.refusal.shape == "default":
            return {"default_detail": self.detail, "default_code": int(self.refusal.code)}
        return {
            "detail": self.detail,
            "status_code": self.refusal.status,
            "code": self.refusal.code,
        }
