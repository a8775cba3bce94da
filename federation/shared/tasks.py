"""What Celery calls: an id in, one service call out."""

from celery import shared_task

from federation.shared import exports, private_temp, retention  # noqa: F401 - registers its job kind
from federation.shared.jobs import services, sweeping
from federation.shared.rosters import tasks as roster_tasks  # noqa: F401 - registers its job kinds


@shared_task(name="federation.shared.tasks.run_job", expires=120)
def run_job(job_id: int):
    """Work on a job for a slice of time and post its id again where something is left."""
    if services.work_through(job_id):
        services.ring(job_id)
    sweeping.sweep_when_due()


@shared_task(name="federation.shared.tasks.sweep")
def sweep():
    sweeping.sweep()


@shared_task(name="federation.shared.tasks.nightly")
def nightly():
    """What is due once a night; posted every hour, so that a night in which nothing ran is made up for.

    What killed processes left open on the disk goes every hour.
    """
    private_temp.remove_left_over()
    retention.run_nightly()
