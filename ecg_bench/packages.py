"""Which versions of other packages are installed: what a record of a run needs to be repeated."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version


def version_of(name: str) -> str | None:
    """Return the version of a package, or None where it isn't installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def versions_of(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of those of some packages that are installed."""
    found = ((name, version_of(name)) for name in names)
    return {name: version for name, version in found if version is not None}
