#!/usr/bin/env python3
"""Serves an AWS account on this machine, to which the CDK CLI deploys. See README.md beside this file."""

from emulator.main import main

if __name__ == "__main__":
    main()
