"""Budgets."""

from typing import Any

from .registry import Kind, Work, resource


@resource("AWS::Budgets::Budget")
class Budget(Kind):
    """A budget and who is told when it is used up. A change makes it anew under its name."""

    def create(self, work: Work) -> dict[str, Any]:
        budget = dict(work.get("Budget"))
        budget["BudgetName"] = budget.get("BudgetName") or work.name("Name", 100)
        if "BudgetLimit" in budget:
            budget["BudgetLimit"] = {"Amount": f"{budget['BudgetLimit']['Amount']:g}", "Unit": budget["BudgetLimit"]["Unit"]}
        work.aws("budgets", "us-east-1").create_budget(AccountId=work.account, Budget=budget, NotificationsWithSubscribers=work.get("NotificationsWithSubscribers", []))
        work.physical_id = budget["BudgetName"]
        return {}

    def update(self, work: Work) -> dict[str, Any]:
        self.delete(work)
        return self.create(work)

    def delete(self, work: Work) -> None:
        work.aws("budgets", "us-east-1").delete_budget(AccountId=work.account, BudgetName=work.physical_id)
