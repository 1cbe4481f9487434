"""The Rules of a template: assertions on its parameters, such as the least version of the bootstrap stack."""

from typing import Any

from .errors import TemplateError
from .intrinsics import Scope, resolve


def check_rules(rules: dict[str, Any], scope: Scope) -> None:
    """Raises TemplateError with the words of each assertion that does not hold."""
    failed = []
    for rule in rules.values():
        if "RuleCondition" in rule and not resolve(rule["RuleCondition"], scope):
            continue
        for assertion in rule.get("Assertions", []):
            if not resolve(assertion["Assert"], scope):
                failed.append(assertion.get("AssertDescription", "a rule's assertion does not hold"))
    if failed:
        raise TemplateError("Template error: " + "; ".join(failed))
