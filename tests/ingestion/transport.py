"""A transport that replays answers in place of the network, and time that costs nothing."""

import io
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse


@dataclass(frozen=True)
class Canned:
    """One answer to replay."""

    body: Any = b""
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()


class ReplayTransport(BaseAdapter):
    """Answers from a function; an exception in place of an answer is raised."""

    def __init__(self, answer: Callable[[requests.PreparedRequest], Canned | Exception]) -> None:
        super().__init__()
        self.answer = answer
        self.requests: list[requests.PreparedRequest] = []
        self._lock = threading.Lock()

    def send(self, request, **_: Any) -> requests.Response:
        with self._lock:
            self.requests.append(request)
            canned = self.answer(request)
        if isinstance(canned, Exception):
            raise canned
        headers = {"content-type": canned.content_type, **canned.headers}
        response = requests.Response()
        response.status_code = canned.status
        response.headers = requests.structures.CaseInsensitiveDict(headers)
        response.url, response.request = request.url, request
        response.raw = HTTPResponse(
            body=io.BytesIO(canned.content()), headers=headers, preload_content=False
        )
        return response

    def close(self) -> None:
        """Nothing to close."""

    def paths(self) -> list[str]:
        """Host and path of every request, in order."""
        return [
            urlsplit(request.url).netloc + urlsplit(request.url).path for request in self.requests
        ]


class VirtualTime:
    """A monotonic clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, []
        self._lock = threading.Lock()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.slept.append(round(seconds, 6))

    def monotonic(self) -> float:
        return self.now
