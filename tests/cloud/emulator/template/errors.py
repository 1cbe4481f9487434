"""What can be wrong with a template."""


class TemplateError(Exception):
    """A template that CloudFormation refuses, in CloudFormation's words."""


class Unresolvable(Exception):
    """A value that cannot be had, such as an attribute that a resource does not have. It fails the resource."""
