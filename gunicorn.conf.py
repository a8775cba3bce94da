"""Read by gunicorn from the folder it is started in; what differs between installations is said on its command line."""

import os

# Pages wait for the database more than they compute; threads keep a process useful while one waits.
threads = 4
worker_class = "gthread"
timeout = 60
graceful_timeout = 20
# The proxy in front closes idle connections later than we do.
keepalive = 5
max_requests = 5000
max_requests_jitter = 500
accesslog = None


def on_starting(server):
    """Once, in the process that starts the others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "federation.settings")
    from federation.shared.startup import refuse_bad_start

    refuse_bad_start()
