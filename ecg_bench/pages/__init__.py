"""What the project's pages have in common: one look, in light and in dark."""

from importlib.resources import files


def base_css() -> str:
    """Return the style sheet that every page begins with."""
    return (files(__package__) / "base.css").read_text(encoding="utf-8")
