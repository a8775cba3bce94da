"""What kinds of jobs there are. Each app's `tasks.py` registers its own when it is imported."""

from collections.abc import Callable
from dataclasses import dataclass, field


class JobRefused(Exception):
    """The work cannot be done for a reason of the office: the job fails at once with this sentence."""


class JobCancelled(Exception):
    """Somebody cancelled the job (or it ended otherwise) while this chunk was being worked on."""


class LostLease(Exception):
    """The chunk has been given to another worker; nothing of this one's may be written."""


@dataclass(frozen=True)
class ChunkSpec:
    """A part of a job: what to do (JSON), how many rows it counts for, and what a clerk would call it."""

    payload: dict = field(default_factory=dict)
    total: int = 0
    label: str = ""


@dataclass(frozen=True)
class JobKind:
    """How one kind of job is planned, worked on and finished.

    plan(job)    -> the chunks; reads only, for it may run twice.
    work(ctx)    -> does one chunk; its effect is written inside `with ctx.committing():`.
    finish(job)  -> runs once, in the last chunk's transaction under the job row's lock.
    on_failure(job) -> runs in the transaction that ends the job as failed, parked or cancelled (see job.state).
    permission   -> the requester must hold it over the job's organisation when the work runs.
    """

    name: str
    label: str
    plan: Callable
    work: Callable
    finish: Callable | None = None
    on_failure: Callable | None = None
    unit: str = "行"
    lease_seconds: int = 60
    cancellable: bool = True
    result_url: Callable | None = None
    permission: str = ""


_kinds: dict[str, JobKind] = {}


def register(kind: JobKind) -> JobKind:
    """Make a kind known. The same name twice is a mistake, unless it is the same module read again."""
    known = _kinds.get(kind.name)
    if known is not None and known.work.__module__ != kind.work.__module__:
        raise ValueError(f"job kind {kind.name} is already registered by {known.work.__module__}")
    _kinds[kind.name] = kind
    return kind


def kind_of(name: str) -> JobKind:
    return _kinds[name]


def known_kinds() -> list[str]:
    """Names of all kinds this process can work on."""
    return sorted(_kinds)


def kind_or_none(name: str) -> JobKind | None:
    return _kinds.get(name)
