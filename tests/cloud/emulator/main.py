"""The emulator's command: its options, its start, and a prompt end."""

import argparse
import logging
import os
import signal
import sys
import threading
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PINNED = {"moto": "5.2.1", "cfn-lint": "1.51.0"}
"""The versions that the emulator is written against, as in tests/requirements.txt."""

LACKING = 3
"""The exit status that says that these are not installed."""


def main() -> None:
    """Runs until it is told to end, or until the process that it belongs to is gone."""
    options = _options()
    _log_to(options.log)
    _prepare(options)
    if options.check:
        return
    application = _application(options)
    servers = _listen(options.port, application)
    port = servers[0].port
    _settle(options, port)
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    print(f"ready http://localhost:{port}", flush=True)
    _wait(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="serve.py", description="An AWS account on this machine, for the CDK CLI.")
    parser.add_argument("--port", type=int, default=0, help="the port; a free one when not given")
    parser.add_argument("--account", default="123456789012", help="the account's number")
    parser.add_argument("--region", default="us-east-1", help="the region of what needs one")
    parser.add_argument("--instances", default="", help="the URL of the server that gives each database instance a PostgreSQL database")
    parser.add_argument("--log", default="", help="the file that takes the log; standard error when not given")
    parser.add_argument("--parent", type=int, default=0, help="end when the process of this number is gone")
    parser.add_argument("--check", action="store_true", help="only say whether the packages are there")
    parser.add_argument("--stdin", action="store_true", help="end when standard input is closed")
    return parser.parse_args()


def _log_to(file: str) -> None:
    target: dict[str, Any] = {"filename": file} if file else {"stream": sys.stderr}
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", **target)
    for noisy in ("werkzeug", "botocore", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _prepare(options: argparse.Namespace) -> None:
    """Sets what moto reads while it is imported."""
    os.environ["MOTO_ACCOUNT_ID"] = options.account
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    os.environ["AWS_DEFAULT_REGION"] = options.region
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        os.environ.pop(name, None)
    for package, wanted in PINNED.items():
        try:
            found = version(package)
        except PackageNotFoundError:
            found = "none"
        if found != wanted:
            print(f"the emulator needs {package} {wanted}, and {found} is installed: python3 -m pip install -r tests/requirements.txt", file=sys.stderr)
            sys.exit(LACKING)


def _application(options: argparse.Namespace) -> Any:
    from . import resource, service
    from .engine import answers
    from .wire import cloudformation, cloudformation_read
    from .wire.application import Application

    resource.load()
    service.load()
    application = Application()
    application.route(answers.PREFIX, answers.receive)
    assert cloudformation and cloudformation_read
    return application


def _listen(port: int, application: Any) -> list[Any]:
    """Listens on the loopback interface by its IPv4 and, where there is one, its IPv6 address."""
    from .wire.server import Server

    try:
        servers = [Server("127.0.0.1", port, application)]
    except OSError as error:
        sys.exit(f"cannot listen on 127.0.0.1:{port}: {error.strerror}; choose another --port")
    try:
        servers.append(Server("::1", servers[0].port, application))
    except OSError as error:
        logging.getLogger(__name__).info("not on ::1: %s", error)
    return servers


def _settle(options: argparse.Namespace, port: int) -> None:
    from .settings import Settings, use

    os.environ["MOTO_PORT"] = str(port)
    use(Settings(port, options.account, options.region, options.instances))


def _wait(options: argparse.Namespace) -> None:
    """Waits for a signal, for the parent's end or for the end of standard input, and then ends at once."""
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    if options.stdin:
        threading.Thread(target=lambda: (sys.stdin.buffer.read(), over.set()), daemon=True).start()
    while not over.wait(0.2):
        if options.parent and not _lives(options.parent):
            break
    _end()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _end() -> None:
    """Ends the functions that run and the process, without waiting for connections."""
    from .function import invoke, program

    invoke.end_all()
    program.remove_all()
    logging.shutdown()
    os._exit(0)
