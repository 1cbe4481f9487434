"""An AWS account on this machine, to which the real CDK CLI deploys.

moto answers for the services. This package replaces moto's CloudFormation by an engine of its own, runs functions
without Docker, and adds the operations that moto lacks.
"""
