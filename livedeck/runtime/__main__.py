"""``python -m livedeck.runtime``: the same as ``livedeck-execute``."""

import sys

from livedeck.runtime.entry import main

sys.exit(main())
