"""Every error that livedeck raises on purpose.

The tree (catch the branch that you can do something about)::

    LivedeckError
    ├── UserError                 what the caller wrote cannot work; nothing was started
    │   ├── TypeMismatch          a value does not fit the type declared for it
    │   ├── UnsupportedType       a type that livedeck cannot carry between tasks
    │   ├── InvalidName           a project, task, file or Deck name that is not allowed
    │   ├── InvalidWorkflow       a cycle, no nodes, a promise used where a value is needed
    │   ├── UnsupportedOption     an option that cannot be honoured here
    │   ├── MissingInput          a required input was not given
    │   └── UnknownEntity         a file, workflow, task or extra that does not exist
    ├── StoreError                the object store did not do what was asked
    │   ├── ObjectNotFound        no object under that key
    │   ├── ObjectExists          create-only put met an existing object
    │   ├── InvalidKey            a key that leaves its root or is malformed
    │   └── StoreUnavailable      the store is failing for now: worth trying again
    ├── DeckError                 a Deck or segment that cannot be read
    ├── ExecutorError             the executor could not start or reach an attempt
    ├── LeaseLost                 another propeller holds the execution now
    └── RemoteError               the control plane refused or could not be reached
        ├── RemoteUnavailable     no server answers at the endpoint
        ├── RemoteNotFound        the control plane does not know that id
        ├── RemoteConflict        it already exists, or the state forbids it
        └── RemoteInvalid         the control plane calls the request malformed

A message says what was wrong, with the value, and what to do about it.
"""


class LivedeckError(Exception):
    """Root of every error that livedeck raises on purpose."""


class UserError(LivedeckError):
    """What the caller wrote cannot work; raised before anything is started."""


class TypeMismatch(UserError, TypeError):
    """A value does not fit the type declared for it."""


class UnsupportedType(UserError, TypeError):
    """A type that livedeck cannot carry between tasks."""


class InvalidName(UserError, ValueError):
    """A name that is not allowed where it was given."""


class InvalidWorkflow(UserError):
    """A workflow that cannot be compiled: cyclic, empty, or misusing a promise."""


class UnsupportedOption(UserError):
    """An option that was understood but cannot be honoured here."""


class MissingInput(UserError):
    """A required input was not given."""


class UnknownEntity(UserError):
    """A file, workflow, task or optional package that does not exist."""


class StoreError(LivedeckError):
    """The object store did not do what was asked."""


class ObjectNotFound(StoreError):
    """There is no object under that key."""


class ObjectExists(StoreError):
    """A create-only put met an existing object."""


class InvalidKey(StoreError, ValueError):
    """A key that is malformed or would leave the root of its store."""


class StoreUnavailable(StoreError):
    """The store is failing for now (throttled, unreachable, full); trying again may help."""


class DeckError(LivedeckError):
    """A Deck, a snapshot or a segment that cannot be read."""


class ExecutorError(LivedeckError):
    """The executor could not start, reach or stop an attempt."""


class LeaseLost(LivedeckError):
    """Another propeller holds the lease on the execution now."""


class RemoteError(LivedeckError):
    """The control plane refused the call, or could not be reached."""


class RemoteUnavailable(RemoteError):
    """No server answers at the endpoint."""


class RemoteNotFound(RemoteError):
    """The control plane does not know that id."""


class RemoteConflict(RemoteError):
    """The entity already exists, or its state forbids the change."""


class RemoteInvalid(RemoteError):
    """The control plane calls the request malformed."""
