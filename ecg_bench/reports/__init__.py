"""Leaderboards as one page for a browser."""
