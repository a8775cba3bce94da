"""Jobs: work that must happen once, cut into chunks, behind the pages.

    register(JobKind(name="assessments.run", label="考核评分", unit="个机构", plan=…, work=…, finish=…))
    job = enqueue("assessments.run", requested_by=user, payload={…}, idempotency_key="…", organisation=county)

In `work(ctx)`: compute first, then write inside `with ctx.committing():`. See docs/adding.md.
"""

from federation.shared.jobs.context import WorkContext
from federation.shared.jobs.kinds import ChunkSpec, JobCancelled, JobKind, JobRefused, LostLease, register
from federation.shared.jobs.services import cancel, enqueue, retry_parked, run_now

__all__ = [
    "ChunkSpec",
    "JobCancelled",
    "JobKind",
    "JobRefused",
    "LostLease",
    "WorkContext",
    "cancel",
    "enqueue",
    "register",
    "retry_parked",
    "run_now",
]
