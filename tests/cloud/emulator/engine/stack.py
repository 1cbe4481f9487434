"""A stack, its resources and its events."""

import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any


def now() -> datetime:
    """Returns the time as CloudFormation reports it."""
    return datetime.now(timezone.utc)


@dataclass
class Resource:
    """One resource of a stack as it was last deployed.

    `properties` is resolved except for dynamic references, so that equal ones mean that nothing is to do; `declared`
    is what they were when the change was planned, with Later for what other resources give.
    """

    logical_id: str
    kind: str
    template: dict[str, Any]
    needs: set[str]
    declared: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    physical_id: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    status: str = ""
    reason: str = ""
    time: datetime = field(default_factory=now)
    imports: set[str] = field(default_factory=set)
    update_policy: dict[str, Any] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        """Says whether there is something to delete."""
        return bool(self.physical_id)

    def policy(self, name: str) -> str:
        """Returns the deletion or update-replace policy. Stateful database resources are snapshotted by default."""
        default = "Snapshot" if self.kind == "AWS::RDS::DBInstance" and "DBClusterIdentifier" not in self.properties else "Delete"
        return str(self.template.get(name, default))


@dataclass(frozen=True)
class Event:
    """One line of a stack's history."""

    id: str
    logical_id: str
    physical_id: str
    kind: str
    status: str
    reason: str
    time: datetime
    properties: dict[str, Any] | None = None
    token: str = ""


@dataclass
class Stack:
    """One stack. Its lock is held while it is read or changed as a whole; an operation runs in a thread of its own."""

    name: str
    id: str
    region: str
    account: str
    status: str
    created: datetime = field(default_factory=now)
    updated: datetime | None = None
    deleted: datetime | None = None
    reason: str = ""
    template: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    capabilities: list[str] = field(default_factory=list)
    role: str = ""
    notifications: list[str] = field(default_factory=list)
    protected: bool = False
    disable_rollback: bool = False
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    change_sets: dict[str, Any] = field(default_factory=dict)
    unfinished: Any = None
    operation: str = ""
    token: str = ""
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def busy(self) -> bool:
        """Says whether an operation is under way."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    @property
    def imports(self) -> set[str]:
        """Returns the names of the exports of other stacks that this one uses."""
        return set().union(*(resource.imports for resource in self.resources.values()))

    def become(self, status: str, reason: str = "") -> None:
        """Changes the stack's status and records that."""
        self.status, self.reason = status, reason
        self.record(self.name, self.id, "AWS::CloudFormation::Stack", status, reason)

    def mark(self, resource: Resource, status: str, reason: str = "") -> None:
        """Changes a resource's status and records that."""
        resource.status, resource.reason, resource.time = status, reason, now()
        self.record(resource.logical_id, resource.physical_id, resource.kind, status, reason, resource.properties)

    def record(self, logical_id: str, physical_id: str, kind: str, status: str, reason: str, properties: dict[str, Any] | None = None) -> None:
        """Adds a line to the history, a millisecond after the one before: the CLI sorts by time and knows no less."""
        moment = now()
        time = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        if self.events:
            time = max(time, self.events[-1].time + timedelta(milliseconds=1))
        event = Event(f"{logical_id}-{status}-{uuid.uuid4()}", logical_id, physical_id, kind, status, reason, time, properties, self.token)
        self.events.append(event)


def new_stack(name: str, region: str, account: str, status: str) -> Stack:
    """Returns a stack with an id of its own."""
    arn = f"arn:aws:cloudformation:{region}:{account}:stack/{name}/{uuid.uuid4()}"
    return Stack(name, arn, region, account, status)
