"""A local page on which answers are rated."""
