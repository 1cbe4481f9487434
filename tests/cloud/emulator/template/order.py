"""The order in which resources are made: each after what it refers to."""

from typing import Any

from .errors import TemplateError
from .references import depends_on, references


def dependencies(resources: dict[str, Any]) -> dict[str, set[str]]:
    """Returns for each resource the other resources that it needs."""
    found: dict[str, set[str]] = {}
    for name, resource in resources.items():
        needed = set(depends_on(resource))
        for part in ("Properties", "UpdatePolicy"):
            needed |= set(references(resource.get(part, {})))
        found[name] = {other for other in needed if other in resources and other != name}
    return found


def in_order(needs: dict[str, set[str]]) -> list[str]:
    """Returns the names with each after what it needs, otherwise in the order given.

    Raises TemplateError when some need each other.
    """
    done: dict[str, None] = {}
    under_way: list[str] = []

    def visit(name: str) -> None:
        if name in done:
            return
        if name in under_way:
            cycle = under_way[under_way.index(name) :]
            raise TemplateError(f"Circular dependency between resources: [{', '.join(sorted(cycle))}]")
        under_way.append(name)
        for other in sorted(needs.get(name, ())):
            if other in needs:
                visit(other)
        under_way.pop()
        done[name] = None

    for name in needs:
        visit(name)
    return list(done)
