"""The Celery application. Messages carry only an id: the job table is the truth (see shared/jobs)."""

import os

from celery import Celery, signals
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "federation.settings")

app = Celery("federation")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A sweep that was not taken before the next one is due is worth nothing.
app.conf.beat_schedule = {
    "sweep": {"task": "federation.shared.tasks.sweep", "schedule": 5.0, "options": {"expires": 4.5}},
    "nightly": {
        "task": "federation.shared.tasks.nightly",
        "schedule": crontab(minute=20),
        "options": {"expires": 3000},
    },
}
# Workers log as the pages do: one line of JSON each.
app.conf.worker_hijack_root_logger = False


@signals.celeryd_init.connect
def _refuse_bad_start(**unused):
    from federation.shared.startup import refuse_bad_start

    refuse_bad_start()


@signals.worker_process_init.connect
@signals.beat_embedded_init.connect
def _end_with_the_worker(**unused):
    """Children of a worker that was killed must not go on without it."""
    from federation.shared.processes import die_with_parent

    die_with_parent()


@signals.worker_shutting_down.connect
def _stop_between_chunks(**unused):
    from federation.shared.jobs.engine import stop_taking

    stop_taking()
