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
    │       └── NoSuchSecret      a secret that is neither a variable nor a file
    ├── TaskExited                a task called sys.exit() instead of returning
    ├── NoConditionHolds          a conditional of a local run fails, as its else_().fail() says
    ├── ApprovalRefused           the user of a local run did not approve
    ├── TaskTimedOut              an attempt of a local run took longer than its task's timeout
    ├── GangFailed                a process of a task with several failed, in a local run
    ├── RecoverableError          raised by a task's author: another attempt may succeed
    ├── StoreError                the object store did not do what was asked
    │   ├── ObjectNotFound        no object under that key
    │   ├── ObjectExists          create-only put met an existing object
    │   ├── InvalidKey            a key that leaves its root or is malformed
    │   ├── UnreadableObject      too large, or no regular file: reading it again will not help
    │   ├── NoCredentials         none for the store, or they are incomplete or cannot be read
    │   └── StoreUnavailable      the store is failing for now: worth trying again
    │       ├── BucketNotFound    its bucket or folder is not there, at least just now
    │       └── StoreFull         it has no room for what is written: something smaller may fit
    ├── DeckError                 a Deck or segment that cannot be read
    ├── ExecutorError             the executor could not start or reach an attempt
    │   ├── CannotStart           and never can
    │   └── NoSuchAttempt         it knows nothing of that attempt, and never will again
    ├── LeaseLost                 another propeller holds the execution now
    ├── ImpossibleTransition      the engine met a state that its tables do not know: a mistake in it
    ├── Refusal                   the control plane's own "no" to a request
    │   ├── InvalidRequest        malformed, or at odds with what it names
    │   ├── NoSuchEntity          it names something that does not exist
    │   ├── EntityExists          it would create what is there already
    │   │   └── LimitReached      as many executions of the launch plan run as its policy lets
    │   ├── StateForbids          the entity's state does not allow it (any more)
    │   ├── ServerBusy            it takes too long, or too many others wait: later, or less at once
    │   └── NotOffered            a call of the protocol that this server does not serve
    ├── InvalidLink               a link or token that this server did not give out, or not for this
    │   └── ExpiredLink           one whose time is over
    ├── ServerError               the server cannot run as it is configured
    │   ├── InvalidSetting        a setting that cannot work; the message names its key
    │   ├── PortTaken             somebody listens on that port already
    │   ├── DataDirTaken          another server runs on that folder
    │   ├── DatabaseUnavailable   deleted under the server, full, not reachable: says what to do
    │   └── NotWritable           a folder that the server must write to does not let it
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


class NoSuchSecret(UnknownEntity, ValueError):
    """A secret that is neither in the environment nor a file. A ValueError, as in flytekit."""


class TaskExited(LivedeckError):
    """A task called ``sys.exit()`` instead of returning. Its failure, whatever the status it gave."""


class NoConditionHolds(LivedeckError, ValueError):
    """A conditional of a local run failed with what its ``else_().fail()`` says. A ValueError, as in flytekit."""


class ApprovalRefused(LivedeckError):
    """The user of a local run did not approve of what ``approve`` was given."""


class EagerException(LivedeckError):
    """An execution that an eager task has started did not succeed. Under flytekit's name."""


class TaskTimedOut(LivedeckError):
    """An attempt of a local run took longer than its task's ``timeout``. Retried, as on a server."""


class GangFailed(LivedeckError):
    """A process of a task with several (``Elastic``) failed, in a local run; its error is in the message."""


class RecoverableError(LivedeckError):
    """Raise it in a task to say that another attempt may succeed; any other error is final (Flyte's rule)."""


def not_retried(retries: int) -> str:
    """Return the words for an error that is final although the task has ``retries``."""
    return (
        f"Not tried again, although retries={retries}: only a recoverable error is (raise livedeck.RecoverableError; "
        "in flytekit, FlyteRecoverableException), and a process that was killed or crashed."
    )


class StoreError(LivedeckError):
    """The object store did not do what was asked."""


class ObjectNotFound(StoreError):
    """There is no object under that key."""


class ObjectExists(StoreError):
    """A create-only put met an existing object."""


class InvalidKey(StoreError, ValueError):
    """A key that is malformed or would leave the root of its store."""


class UnreadableObject(StoreError):
    """There is something under that key that is not read: too large, no regular file, or a link out of the store."""


class NoCredentials(StoreError):
    """There are no credentials for a store, or those that the environment names are incomplete or cannot be read."""


class StoreUnavailable(StoreError):
    """The store is failing for now (throttled, unreachable, full); trying again may help."""


class BucketNotFound(StoreUnavailable):
    """A store's bucket or folder is not there. It may be back: nothing in it counts as not there meanwhile."""


class StoreFull(StoreUnavailable):
    """The store has no room for what is to be written; something smaller may fit."""


class DeckError(LivedeckError):
    """A Deck, a snapshot or a segment that cannot be read."""


class ExecutorError(LivedeckError):
    """The executor could not start, reach or stop an attempt."""


class CannotStart(ExecutorError):
    """An attempt that the executor can never start: it asks for more than there is, or for no command that exists."""


class NoSuchAttempt(ExecutorError):
    """A handle that the executor knows nothing of, and never will again: asking once more would not help."""


class LeaseLost(LivedeckError):
    """Another propeller holds the lease on the execution now."""


class ImpossibleTransition(LivedeckError):
    """The engine met a phase and an event that its tables do not know: a mistake in the engine itself."""


class InvalidLink(LivedeckError):
    """A link or token that this server did not give out, or not for what it was used for."""


class ExpiredLink(InvalidLink):
    """A link whose time is over."""


class ServerError(LivedeckError):
    """The server cannot run as it is configured."""


class InvalidSetting(ServerError, ValueError):
    """A setting that cannot work; the message names its key and the value."""


class DataDirTaken(ServerError):
    """Another server runs on that data folder."""


class PortTaken(ServerError):
    """Somebody listens on that port already."""


class DatabaseUnavailable(ServerError):
    """The database does not work now: its file was deleted, its disk is full, its server is away."""


class NotWritable(ServerError):
    """A folder that must be written to does not let it."""


class Refusal(LivedeckError):
    """The control plane's own "no" to a request; says what to change."""


class InvalidRequest(Refusal, ValueError):
    """The request is malformed, or does not fit what it names."""


class NoSuchEntity(Refusal):
    """The request names something that does not exist."""


class EntityExists(Refusal):
    """The request would create what is there already."""


class LimitReached(EntityExists):
    """As many executions of a launch plan run as its concurrency policy lets, and this one is skipped.

    Flyte's answer has the same code as that to a name that is taken: clients that would try again do not.
    """


class StateForbids(Refusal):
    """The state of the entity does not allow the request (any more)."""


class ServerBusy(Refusal):
    """The request would take too long now: try again later, or ask for less at once."""


class NotOffered(Refusal):
    """A call of the protocol that this server does not serve."""


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
