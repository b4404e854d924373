"""Judging answers: what judges are asked, what they said, and how far they can be trusted."""
