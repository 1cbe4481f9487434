"""Functions, layers, and who may invoke and feed them."""

from typing import Any

from .registry import Kind, Work, resource

_SETTINGS = (
    "DeadLetterConfig", "Description", "Environment", "EphemeralStorage", "Handler", "KmsKeyArn", "Layers", "LoggingConfig", "MemorySize", "Role", "Runtime",
    "Timeout", "TracingConfig", "VpcConfig",
)  # fmt: skip
_CLEARED = {"Environment": {"Variables": {}}, "Layers": [], "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []}, "Description": "", "MemorySize": 128, "Timeout": 3}


@resource("AWS::Lambda::Function")
class Function(Kind):
    """A function."""

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("FunctionName")
        functions = work.aws("lambda")
        made = functions.create_function(FunctionName=name, Code=self._code(work), Tags=work.tag_map, **work.pick(*_SETTINGS, "Architectures", "PackageType"))
        work.physical_id = name
        self._reserve(work)
        return {"Arn": made["FunctionArn"]}

    def _code(self, work: Work) -> dict[str, Any]:
        return {key: value for key, value in work.get("Code").items() if key in ("S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri")}

    def _reserve(self, work: Work) -> None:
        if "ReservedConcurrentExecutions" in work.properties:
            work.aws("lambda").put_function_concurrency(FunctionName=work.physical_id, ReservedConcurrentExecutions=work.get("ReservedConcurrentExecutions"))
        elif "ReservedConcurrentExecutions" in work.old:
            work.aws("lambda").delete_function_concurrency(FunctionName=work.physical_id)

    def update(self, work: Work) -> None:
        functions, name = work.aws("lambda"), work.physical_id
        changed = [key for key in _SETTINGS if work.changed(key)]
        if changed:
            functions.update_function_configuration(FunctionName=name, **{key: work.get(key, _CLEARED.get(key)) for key in changed})
        if work.changed("Code", "Architectures"):
            functions.update_function_code(FunctionName=name, **self._code(work), **work.pick("Architectures"))
        self._reserve(work)
        if work.gone_tags:
            functions.untag_resource(Resource=work.attributes["Arn"], TagKeys=work.gone_tags)
        if work.tags:
            functions.tag_resource(Resource=work.attributes["Arn"], Tags=work.tag_map)

    def delete(self, work: Work) -> None:
        work.aws("lambda").delete_function(FunctionName=work.physical_id)


@resource("AWS::Lambda::LayerVersion")
class LayerVersion(Kind):
    """A layer. Functions of the runtime provided.al2023 run without theirs here."""

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("LayerName", 64)
        asked = work.pick("Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo")
        made = work.aws("lambda").publish_layer_version(LayerName=name, Content=work.get("Content"), **asked)
        work.physical_id = made["LayerVersionArn"]
        return {"LayerVersionArn": made["LayerVersionArn"]}

    def delete(self, work: Work) -> None:
        name, version = work.physical_id.split(":")[-2:]
        work.aws("lambda").delete_layer_version(LayerName=name, VersionNumber=int(version))


@resource("AWS::Lambda::Permission")
class Permission(Kind):
    """Who may invoke a function."""

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("Id", 100)
        asked = work.pick("Action", "Principal", "SourceArn", "SourceAccount", "EventSourceToken", "PrincipalOrgID", "FunctionUrlAuthType")
        function, qualifier = split_qualifier(work.get("FunctionName"))
        if qualifier:
            asked["Qualifier"] = qualifier
        work.aws("lambda").add_permission(FunctionName=function, StatementId=name, **asked)
        work.physical_id = name
        return {"Id": name}

    def delete(self, work: Work) -> None:
        function, qualifier = split_qualifier(work.get("FunctionName"))
        asked = {"Qualifier": qualifier} if qualifier else {}
        work.aws("lambda").remove_permission(FunctionName=function, StatementId=work.physical_id, **asked)


def split_qualifier(name: str) -> tuple[str, str]:
    """Returns the function and the alias or version that a name or ARN says."""
    parts = name.split(":")
    if name.startswith("arn:") and len(parts) == 8:
        return ":".join(parts[:7]), parts[7]
    if not name.startswith("arn:") and len(parts) == 2:
        return parts[0], parts[1]
    return name, ""


@resource("AWS::Lambda::EventInvokeConfig")
class EventInvokeConfig(Kind):
    """What happens to asynchronous calls that fail."""

    def _asked(self, work: Work) -> dict[str, Any]:
        return work.pick("FunctionName", "Qualifier", "DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts")

    def create(self, work: Work) -> dict[str, Any]:
        work.aws("lambda").put_function_event_invoke_config(**self._asked(work))
        work.physical_id = f"{work.get('FunctionName')}|{work.get('Qualifier')}"
        return {}

    def update(self, work: Work) -> None:
        work.aws("lambda").put_function_event_invoke_config(**self._asked(work))

    def delete(self, work: Work) -> None:
        work.aws("lambda").delete_function_event_invoke_config(**work.pick("FunctionName", "Qualifier"))


@resource("AWS::Lambda::EventSourceMapping")
class EventSourceMapping(Kind):
    """What feeds a function."""

    _NAMES = ("BatchSize", "Enabled", "FilterCriteria", "FunctionName", "FunctionResponseTypes", "MaximumBatchingWindowInSeconds", "ScalingConfig")

    def create(self, work: Work) -> dict[str, Any]:
        made = work.aws("lambda").create_event_source_mapping(**work.pick("EventSourceArn", "StartingPosition", *self._NAMES))
        work.physical_id = made["UUID"]
        return {"Id": made["UUID"], "EventSourceMappingArn": made.get("EventSourceMappingArn", "")}

    def update(self, work: Work) -> None:
        work.aws("lambda").update_event_source_mapping(UUID=work.physical_id, **work.pick(*self._NAMES))

    def delete(self, work: Work) -> None:
        work.aws("lambda").delete_event_source_mapping(UUID=work.physical_id)
