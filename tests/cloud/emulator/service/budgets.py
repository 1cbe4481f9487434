"""What moto's Budgets keeps and does not tell: who hears of an alert."""

from typing import Any

from moto.budgets.models import budgets_backends

from ..wire.operation import Call, Refusal, operation


@operation("budgets", "DescribeSubscribersForNotification")
def describe_subscribers_for_notification(call: Call) -> dict[str, Any]:
    """Tells the subscribers of one alert of a budget."""
    budget = budgets_backends[call.account]["aws"].budgets[call.account].get(call.get("BudgetName"))
    if budget is None:
        raise Refusal("NotFoundException", f"Unable to get budget: {call.get('BudgetName')} - the budget doesn't exist.")
    asked = call.get("Notification")
    for alert in budget.notifications:
        if all(alert.details.get(name) == asked[name] for name in ("NotificationType", "ComparisonOperator", "Threshold")):
            return {"Subscribers": alert.subscribers}
    raise Refusal("NotFoundException", "The notification doesn't exist.")
