"""The resource types. `load` imports them all; each module registers its own."""

from importlib import import_module

_MODULES = (
    "apigateway", "bucket_deployment", "budgets", "cloudfront", "cloudwatch", "codedeploy", "custom", "ec2_access",
    "ec2_egress", "ec2_network", "ecr", "events", "formation", "iam", "kms", "lambda_function", "lambda_release", "logs",
    "rds_instance", "rds_proxy", "s3", "scheduler", "secrets", "sns", "sqs", "ssm",
)  # fmt: skip


def load() -> None:
    """Registers every resource type."""
    for module in _MODULES:
        import_module(f"{__name__}.{module}")
