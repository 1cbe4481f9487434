"""CloudFormation's template language: reading it, resolving it and checking it against the resource schemas."""
