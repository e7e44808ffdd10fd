"""A module that needs one which is not installed."""

import no_such_package.part  # noqa: F401
