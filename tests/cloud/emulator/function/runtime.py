"""The Lambda Runtime API for one invocation.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import http.server
import threading
import time
import uuid
from dataclasses import dataclass, field


@dataclass
class Invocation:
    """One event for a function, and what came back. `body` is the answer or, if `failed`, the error's document."""

    event: bytes
    arn: str
    timeout: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    body: bytes = b""
    failed: bool = False
    taken: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    def finish(self, body: bytes, failed: bool) -> None:
        """Records what the function answered. The first answer counts."""
        if not self.done.is_set():
            self.body, self.failed = body, failed
            self.done.set()


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers the function's requests for its next event, and takes what it says."""

    protocol_version = "HTTP/1.1"
    server: "RuntimeAPI"

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the requests out of the log."""

    def do_GET(self) -> None:
        invocation = self.server.invocation
        if invocation.taken:
            self.server.closed.wait(invocation.timeout)
            self.close_connection = True
            return
        invocation.taken = True
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", invocation.id)
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + invocation.timeout) * 1000)))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", invocation.arn)
        self.send_header("Lambda-Runtime-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(invocation.event)))
        self.end_headers()
        self.wfile.write(invocation.event)

    def do_POST(self) -> None:
        self.server.invocation.finish(self._body(), not self.path.endswith("/response"))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        return body


class RuntimeAPI(http.server.ThreadingHTTPServer):
    """Serves the Runtime API on a free port of the loopback interface, for one invocation."""

    daemon_threads = True

    def __init__(self, invocation: Invocation):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.invocation = invocation
        self.closed = threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignores that a connection broke: the function is ended as soon as it has answered."""

    @property
    def address(self) -> str:
        """What AWS_LAMBDA_RUNTIME_API is to be."""
        return f"127.0.0.1:{self.server_address[1]}"

    def stop(self) -> None:
        """Ends the server and the requests that wait."""
        self.closed.set()
        self.shutdown()
        self.server_close()
