"""`celery -A tests.jobs.worker_app worker`: the product's own application with the suite's job kinds beside it."""

from federation.celery import app

app.conf.imports = ("tests.jobs.kinds",)
