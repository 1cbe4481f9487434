"""The HTTP server: WSGI over connections that stay open.

Werkzeug's own server closes every connection and waits 10 ms after each answer, which a deployment of hundreds of
requests feels. Here a request's body is read whole before it is answered, so that a connection can be used again.
"""

import http.server
import io
import logging
import socket
import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

_log = logging.getLogger(__name__)


class Server(http.server.ThreadingHTTPServer):
    """Serves a WSGI application on an address of the loopback interface."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: str, port: int, application: Any):
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, port), _Handler)
        self.application = application

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    def server_bind(self) -> None:
        """Binds without asking a name server for this machine's name, as http.server would."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Logs a fault of a connection; that a client has gone is none."""
        fault = sys.exc_info()[1]
        if not isinstance(fault, ConnectionError | TimeoutError):
            _log.error("a connection from %s failed", client_address, exc_info=fault)


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Keeps requests out of the log."""

    def _answer(self) -> None:
        status, headers, body = self._run(self._environ(self._read()))
        code, _, message = status.partition(" ")
        self.send_response(int(code), message)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "server", "date"):
                self.send_header(name, value)
        silent = self.command == "HEAD" or int(code) in (204, 304)
        told = next((value for name, value in headers if name.lower() == "content-length"), None)
        if int(code) != 204:
            self.send_header("Content-Length", told if silent and told else str(len(body)))
        self.end_headers()
        if not silent:
            self.wfile.write(body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _answer

    def handle_expect_100(self) -> bool:
        """Asks for the body at once."""
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.wfile.flush()
        return True

    def _read(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = io.BytesIO()
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body.write(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body.getvalue()

    def _environ(self, body: bytes) -> dict[str, Any]:
        """Returns the request as WSGI has it (PEP 3333), with the raw target that moto asks for."""
        path, _, query = self.path.partition("?")
        if "://" in path:
            path = "/" + path.split("://", 1)[1].partition("/")[2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": self.path,
            "RAW_URI": self.path,
            "REMOTE_ADDR": self.client_address[0],
            "SERVER_NAME": self.server.server_name,
            "SERVER_PORT": str(self.server.port),
            "SERVER_PROTOCOL": self.request_version,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ["CONTENT_LENGTH"] = str(len(body))
        return environ

    def _run(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _fault: Any = None) -> Any:
            told[:] = [status, headers]
            return None

        parts: Iterable[bytes] = ()
        try:
            parts = self.server.application(environ, start)
            body = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        return told[0], told[1], body
