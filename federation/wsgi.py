import os

from django.core.wsgi import get_wsgi_application

from federation.shared.memory import keep_what_is_loaded
from federation.shared.startup import refuse_bad_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "federation.settings")
refuse_bad_settings()
application = get_wsgi_application()
keep_what_is_loaded()
