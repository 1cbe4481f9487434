"""CloudFormation's engine: stacks, change sets, and what deploying, rolling back and deleting does, in order."""
