"""Operations of AWS services that moto lacks or answers wrongly. `load` imports them all."""

from importlib import import_module

_MODULES = ("apigateway_stage", "budgets", "cloudfront_distribution", "cloudfront_parts", "cloudtrail", "cloudwatch_composite", "codedeploy", "lambda_fields", "lambda_invoke", "lambda_provisioned", "rds_fields", "s3_policy")


def load() -> None:
    """Registers every operation."""
    for module in _MODULES:
        import_module(f"{__name__}.{module}")
