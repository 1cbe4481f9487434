"""The table of the operations that are answered here instead of by moto."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from moto.core.exceptions import ServiceException
from moto.core.utils import get_service_model


@dataclass(frozen=True)
class Call:
    """One request to a service: where it went and what it asks, in the names of the service's API."""

    service: str
    region: str
    account: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """Returns one parameter, or the default when it was not given."""
        value = self.parameters.get(name)
        return default if value is None else value


class Refusal(ServiceException):
    """An answer that is an error. Its code is one of the service's own."""

    def __init__(self, code: str, message: str):
        super().__init__(code, message)


Handler = Callable[[Call], dict[str, Any] | None]
_handlers: dict[str, dict[str, Handler]] = {}
_held: dict[str, "list[_Route]"] = {}


def operation(service: str, name: str) -> Callable[[Handler], Handler]:
    """Registers a function as the answer to an operation of a service, such as `cloudfront`, `CreateFunction`."""

    def register(handler: Handler) -> Handler:
        _handlers.setdefault(service, {})[name] = handler
        _held.pop(service, None)
        return handler

    return register


def handler(service: str, name: str) -> Handler | None:
    """Returns what answers an operation here, or None when moto does."""
    return _handlers.get(service, {}).get(name)


@dataclass(frozen=True)
class _Route:
    """The method and path of a REST operation, and the query parameters that tell it from others on the same path."""

    name: str
    method: str
    path: re.Pattern[str]
    query: dict[str, str]

    def takes(self, method: str, path: str, query: dict[str, str]) -> re.Match[str] | None:
        """Returns the match of the path when a request calls this operation."""
        if method != self.method or any(query.get(key) != value for key, value in self.query.items()):
            return None
        return self.path.fullmatch(path)


def find_by_path(service: str, method: str, path: str, query: dict[str, str], every: bool = False) -> tuple[str, dict[str, str]] | None:
    """Finds the operation that a REST request calls, and the values that its path holds; every one, or those answered here."""
    for route in _routes(service, get_service_model(service).operation_names) if every else _routes_of(service):
        match = route.takes(method, path, query)
        if match:
            return route.name, match.groupdict()
    return None


def _routes_of(service: str) -> list[_Route]:
    if service not in _held:
        _held[service] = _routes(service, _handlers.get(service, {}))
    return _held[service]


def _routes(service: str, names: Iterable[str]) -> list[_Route]:
    """Returns the routes of operations, those that say more about the query first."""
    model = get_service_model(service)
    routes = []
    for name in names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        routes.append(_Route(name, http["method"], _pattern(path), dict(parse_qsl(query, keep_blank_values=True))))
    return sorted(routes, key=lambda route: -len(route.query))


def _pattern(uri: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\})", uri.rstrip("/"))
    return re.compile("".join(_part(part) for part in parts) + "/?")


def _part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name = part[1:-1]
    return f"(?P<{name[:-1]}>.+)" if name.endswith("+") else f"(?P<{name}>[^/]+)"


def services() -> set[str]:
    """Returns the services of which some operation is answered here."""
    return set(_handlers)
