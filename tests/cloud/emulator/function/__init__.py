"""Running functions: the real binary of the deployed zip, with the documented Runtime API, without Docker."""
