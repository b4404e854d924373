"""Noise, lost leads and other disturbances, each under a seed."""
