"""The service worker's file, the outbox page, and the outbox's question who is logged in and what has arrived."""

import hashlib
import json
import uuid

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views import View
from django.views.decorators.http import require_safe

from federation.shared.models import Submission
from federation.shared.offline import blank_forms, forms_of
from federation.shared.permissions import LOGGED_IN, PUBLIC, requires
from federation.shared.views import ScopedView

FILES = (
    "css/tokens.css", "css/site.css", "css/print.css", "js/site.js", "js/outbox.js", "js/photo.js", "icons/icon.svg",
)  # fmt: skip
MOST_KEYS = 200


@require_safe
@requires(PUBLIC)
def service_worker(request):
    """At the root, since a worker governs the addresses below its own. Names no person and no body."""
    files = [static(name) for name in FILES]
    forms = {form.page_url: form.blank_url for form in blank_forms()}
    text = render_to_string("offline/sw.js", {"files": json.dumps(files), "forms": json.dumps(forms)})
    version = hashlib.sha256(text.encode()).hexdigest()[:16]
    return HttpResponse(
        text.replace("@VERSION@", version),
        content_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"},
    )


@require_safe
@requires(PUBLIC)
def no_network(request):
    """What the worker shows instead of a page it does not keep."""
    return render(request, "offline/no_network.html", {"forms": blank_forms()})


class OutboxStateView(View):
    """Who is logged in, a fresh token, and which of the asked keys have arrived."""

    permission = LOGGED_IN

    def get(self, request):
        asked = []
        for text in request.GET.get("keys", "").split(",")[:MOST_KEYS]:
            try:
                asked.append(uuid.UUID(text))
            except ValueError:
                continue
        arrived = Submission.objects.filter(user=request.user, key__in=asked).exclude(location="")
        stored = [str(key) for key in arrived.values_list("key", flat=True)]
        return JsonResponse({"user": str(request.user.pk), "token": get_token(request), "stored": stored})


class OutboxView(ScopedView):
    """Drawn by static/js/outbox.js from what this device keeps; the server knows nothing of it.

    The worker keeps this page for use without network, so it names nobody.
    """

    permission = LOGGED_IN
    title = "待发箱"
    template_name = "offline/outbox.html"

    def get(self, request):
        return self.page(forms=forms_of(request.user))
