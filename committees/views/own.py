"""我的: what is said of the one who is logged in, and of nobody else. Its parts are panels of the place "own"."""

from federation.shared.panels import panels_for
from federation.shared.views import ScopedView
from orgs.models import Worker
from orgs.querysets import OWN


class OwnView(ScopedView):
    permission = OWN
    template_name = "committees/own.html"
    title = "我的"

    def get(self, request):
        worker = Worker.objects.of_own(request.user).first()
        parts = panels_for("own", worker, request.user) if worker is not None else []
        return self.page(worker=worker, panels=parts)
