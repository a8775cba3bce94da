"""A form sent twice has one effect: by an impatient finger, a poor network, or the outbox of a phone.

The form carries a key of its own. The key is claimed by inserting it in the transaction that stores the form, so
the database decides races; sent again with the same content it gets the first answer, with other content a sentence.
"""

import hashlib
import uuid

from django.db import IntegrityError, transaction
from django.http import JsonResponse
from django.shortcuts import redirect, render

from federation.shared.models import Submission

KEY = "submission_key"
# Sent by static/js/outbox.js, which wants to know what became of the form and draws no page.
OUTBOX_HEADER = "X-Outbox"
_NOT_CONTENT = {KEY, "csrfmiddlewaretoken"}


def new_key() -> str:
    return str(uuid.uuid4())


def key_of(request) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST.get(KEY, ""))
    except ValueError:
        return None


def digest_of(request) -> str:
    """SHA-256 over what was filled in, in the order of the fields' names; files by name and size."""
    digest = hashlib.sha256()
    for name in sorted(set(request.POST) - _NOT_CONTENT):
        digest.update(f"{name}={request.POST.getlist(name)!r}\n".encode())
    for name in sorted(request.FILES):
        files = [(each.name, each.size) for each in request.FILES.getlist(name)]
        digest.update(f"{name}={files!r}\n".encode())
    return digest.hexdigest()


class _NotStored(Exception):
    def __init__(self, response):
        self.response = response


def answer_once(request, work):
    """The answer of `work()` to a form that was sent; to the same form sent again, the first answer.

    What `work` wrote is kept together with the key unless it answers with an error.
    """
    key = key_of(request)
    response = work() if key is None else _answer_to(request, key, work)
    return _for_outbox(response) if request.headers.get(OUTBOX_HEADER) else response


def _answer_to(request, key, work):
    mine = Submission.objects.filter(user=request.user, key=key)
    earlier = mine.first()
    if earlier is not None:
        return _again(request, earlier)
    try:
        with transaction.atomic():
            claim = Submission.objects.create(user=request.user, key=key, digest=digest_of(request))
            response = work()
            if response.status_code >= 400:
                raise _NotStored(response)
            claim.location = getattr(response, "url", "")
            claim.save(update_fields=["location"])
    except _NotStored as refused:
        return refused.response
    except IntegrityError:
        # The same form, sent at the same moment, was stored first.
        earlier = mine.first()
        if earlier is None:
            raise
        return _again(request, earlier)
    return response


def _again(request, earlier: Submission):
    if earlier.location and earlier.digest == digest_of(request):
        return redirect(earlier.location)
    context = {"title": "这份表已经收到过", "location": earlier.location}
    return render(request, "offline/repeated.html", context, status=409)


def _for_outbox(response):
    """What became of the form, in a word; the page itself the outbox asks for by sending the form as a page."""
    if response.status_code in (302, 303):
        return JsonResponse({"state": "stored", "location": response.url}, status=201)
    state = {409: "conflict", 422: "invalid"}.get(response.status_code, "refused")
    return JsonResponse({"state": state}, status=response.status_code)
