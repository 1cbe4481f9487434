"""The WSGI application: our own operations first, then moto."""

import io
import logging
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote

from moto.core.exceptions import ServiceException
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from flask import Flask
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Request, Response

from ..settings import current
from .operation import Call, find_by_path, handler, services

_log = logging.getLogger(__name__)
Path = Callable[[Request], Response]


class Application:
    """Answers every request that reaches the emulator's port."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(_outspoken)
        self._paths: dict[str, Path] = {}

    def route(self, prefix: str, answer: Path) -> None:
        """Answers every request whose path begins with a prefix, whoever it is meant for."""
        self._paths[prefix] = answer

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        for prefix, answer in self._paths.items():
            if environ.get("PATH_INFO", "").startswith(prefix):
                return answer(Request(environ))(environ, start_response)
        service, region = _scope(environ.get("HTTP_AUTHORIZATION", ""))
        if service in services():
            body = _body(environ)
            response = _answer(Request(environ), service, region)
            if response is not None:
                return response(environ, start_response)
            environ["wsgi.input"] = io.BytesIO(body)
        try:
            return self._moto(environ, start_response)
        except Exception as fault:
            _log.exception("moto: %s %s", environ.get("REQUEST_METHOD"), environ.get("PATH_INFO"))
            return _refuse(Request(environ), service, fault)(environ, start_response)


def _outspoken(service: Any) -> Flask:
    """Returns moto's application of a service, which hands its faults on instead of answering 500."""
    application = create_backend_app(service)
    application.config["PROPAGATE_EXCEPTIONS"] = True
    return application


def _refuse(request: Request, service: str, fault: Exception) -> Response:
    """Answers a fault of moto as an error that no client repeats: the next try would fail as well."""
    refusal = ServiceException("NotImplemented" if isinstance(fault, NotImplementedError) else "InternalFailure", f"the emulator cannot do this: {fault}")
    try:
        model = get_service_model(service)
        shape = model.operation_model((_operation(request, service, every=True) or (model.operation_names[0], {}))[0])
        protocol = determine_request_protocol(model, request.content_type)
        told = get_serializer_class(model.service_name, protocol)(operation_model=shape).serialize(refusal)
    except Exception:
        return Response(str(refusal), status=400)
    return Response(told["body"], status=400, headers=told["headers"])


def _scope(authorization: str) -> tuple[str, str]:
    """Reads service and region from a Signature Version 4 header (docs: AWS General Reference, SigV4)."""
    credential = authorization.partition("Credential=")[2].split(",")[0].split("/")
    if len(credential) != 5:
        return "", ""
    return _SIGNING_NAMES.get(credential[3], credential[3]), credential[2]


_SIGNING_NAMES = {"monitoring": "cloudwatch"}


def _body(environ: dict[str, Any]) -> bytes:
    """Reads the body and puts it back, so that it can be read again."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return body


def _answer(request: Request, service: str, region: str) -> Response | None:
    found = _operation(request, service)
    if found is None:
        return None
    name, in_path = found
    answer = handler(service, name)
    if answer is None:
        return None
    model = get_service_model(service)
    shape = model.operation_model(name)
    protocol = determine_request_protocol(model, request.content_type)
    try:
        parsed = PROTOCOL_PARSERS[protocol](shape, map_type=dict).parse(_wire(request, in_path))
        result: Any = answer(Call(service, region, current().account, parsed or {})) or {}
    except ServiceException as refusal:
        result = refusal
    except Exception as fault:
        _log.exception("%s %s", service, name)
        result = ServiceException("InternalFailure", f"{name}: {type(fault).__name__}: {fault}")
    told = get_serializer_class(model.service_name, protocol)(operation_model=shape).serialize(result)
    return Response(told["body"], status=_status(shape, result) or told["status_code"], headers=told["headers"])


def _status(shape: Any, result: Any) -> int | None:
    """Returns the HTTP status that an answer asks for, such as Lambda's 202 for an asynchronous call."""
    members = shape.output_shape.members if shape.output_shape and isinstance(result, dict) else {}
    named = [name for name, member in members.items() if member.serialization.get("location") == "statusCode"]
    return result.get(named[0]) if named else None


def _operation(request: Request, service: str, every: bool = False) -> tuple[str, dict[str, str]] | None:
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2], {}
    action = request.values.get("Action") if _is_form(request) else None
    if action:
        return action, {}
    path = request.environ.get("RAW_URI", request.path).split("?")[0]
    found = find_by_path(service, request.method, path, dict(parse_qsl(request.query_string.decode(), keep_blank_values=True)), every)
    if found is None:
        return None
    return found[0], {name: unquote(value) for name, value in found[1].items()}


def _is_form(request: Request) -> bool:
    return (request.content_type or "").startswith("application/x-www-form-urlencoded")


def _wire(request: Request, in_path: dict[str, str]) -> dict[str, Any]:
    return {
        "method": request.method,
        "values": request.values,
        "headers": request.headers,
        "body": request.get_data(),
        "url_path": request.path,
        "url_params": in_path,
    }
