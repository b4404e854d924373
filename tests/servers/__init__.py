"""Servers that tests run for themselves, on this machine."""
