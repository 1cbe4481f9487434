"""All stacks of this account, by region."""

import threading

from .stack import Stack


class Store:
    """The stacks, those that were deleted included; a name means the one that is not deleted."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._stacks: dict[str, Stack] = {}

    def add(self, stack: Stack) -> None:
        """Adds a stack."""
        with self.lock:
            self._stacks[stack.id] = stack

    def forget(self, stack: Stack) -> None:
        """Removes a stack that never came to be."""
        with self.lock:
            self._stacks.pop(stack.id, None)

    def find(self, region: str, name_or_id: str) -> Stack | None:
        """Returns the stack of a name or an id. A deleted one is found by its id only."""
        with self.lock:
            if name_or_id in self._stacks:
                return self._stacks[name_or_id]
            living = [stack for stack in self.all(region) if stack.name == name_or_id and stack.deleted is None]
            return living[-1] if living else None

    def all(self, region: str) -> list[Stack]:
        """Returns every stack of a region, oldest first."""
        with self.lock:
            return [stack for stack in self._stacks.values() if stack.region == region]

    def exports(self, region: str) -> dict[str, tuple[Stack, str]]:
        """Returns what the stacks of a region export: name to stack and value."""
        found = {}
        for stack in self.all(region):
            for output in stack.outputs.values() if stack.deleted is None else ():
                if output.get("ExportName"):
                    found[output["ExportName"]] = (stack, output["OutputValue"])
        return found

    def importers(self, region: str, export: str) -> list[str]:
        """Returns the names of the stacks that use an export."""
        return [stack.name for stack in self.all(region) if stack.deleted is None and export in stack.imports]


stacks = Store()
