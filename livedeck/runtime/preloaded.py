"""What the process executor imports before it forks attempts: all of the SDK and the runtime, used once.

An attempt that finds a module of livedeck's missing compiles nothing and reads little, yet pays milliseconds for it,
each time anew: a task costs ten. Nothing here starts a thread or opens a store.
"""

import livedeck
import livedeck.deck.defaults
import livedeck.deck.publisher
import livedeck.runtime.dynamic
import livedeck.runtime.eager
import livedeck.runtime.entry
import livedeck.store.persistent
import livedeck.types.directory
import livedeck.types.file
import livedeck.types.iterator
import livedeck.types.structured
from livedeck.runtime.warm_up import use_everything_once

for _name in livedeck.__all__:  # most are loaded when a program asks for them
    getattr(livedeck, _name)
use_everything_once()
