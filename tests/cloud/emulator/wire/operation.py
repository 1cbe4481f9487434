"""The table of the operations that are answered here instead of by moto."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

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
_held: dict[str, list[tuple[str, re.Pattern[str], str]]] = {}


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


def find_by_path(service: str, method: str, path: str, query: dict[str, str], every: bool = False) -> tuple[str, dict[str, str]] | None:
    """Finds the operation that a REST request calls, and the values that its path holds; every one, or those answered here."""
    for wanted, pattern, name in _routes(service, get_service_model(service).operation_names) if every else _routes_of(service):
        match = pattern.fullmatch(path)
        if wanted == method and match and not ("Operation" in query and query["Operation"] != name):
            return name, match.groupdict()
    return None


def _routes_of(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    if service not in _held:
        _held[service] = _routes(service, _handlers.get(service, {}))
    return _held[service]


def _routes(service: str, names: Iterable[str]) -> list[tuple[str, re.Pattern[str], str]]:
    model = get_service_model(service)
    https = {name: model.operation_model(name).http for name in names}
    return [(http["method"], _pattern(http["requestUri"].split("?")[0]), name) for name, http in https.items()]


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
