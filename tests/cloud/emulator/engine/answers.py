"""Where custom resources answer: a URL of this emulator to which the function PUTs its response."""

import json
import threading
import uuid
from typing import Any

from werkzeug.wrappers import Request, Response

from ..settings import current

PREFIX = "/cloudformation-custom-resource-response/"
"""The path of the response URLs."""


class Waiting:
    """One answer that is awaited."""

    def __init__(self) -> None:
        self.token = uuid.uuid4().hex
        self.arrived = threading.Event()
        self.document: dict[str, Any] = {}
        _waiting[self.token] = self

    @property
    def url(self) -> str:
        """The URL to which the function must PUT."""
        return f"{current().endpoint}{PREFIX}{self.token}"

    def stop(self) -> None:
        """Ends the wait. A later answer is refused."""
        _waiting.pop(self.token, None)


_waiting: dict[str, Waiting] = {}


def receive(request: Request) -> Response:
    """Takes an answer, as S3 takes a PUT to a presigned URL."""
    waiting = _waiting.get(request.path.removeprefix(PREFIX))
    if waiting is None or request.method != "PUT":
        return Response("this response URL is not, or no longer, awaited", status=403)
    try:
        document = json.loads(request.get_data())
    except ValueError:
        document = {"Status": "FAILED", "Reason": "Invalid Json"}
    waiting.document = document if isinstance(document, dict) else {"Status": "FAILED", "Reason": "Invalid Response object"}
    waiting.arrived.set()
    return Response(status=200)
