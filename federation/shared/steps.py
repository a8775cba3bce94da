"""A row that goes its course step by step (checked, approved, published …): one page a step."""

from django.urls import reverse

from federation.shared.forms import HouseForm
from federation.shared.views import ScopedActView, get_in_scope


def may(user, permission: str, path: str) -> bool:
    """Whether `user` holds `permission` over the body at `path`."""
    return any(path.startswith(scope.path) for scope in user.scopes(permission))


class StepView(ScopedActView):
    """One step: in which states it is open, what it is called, what the page says before it is done.

    A course declares its `model` and `route`: the address of a step is named "route-name", that of the row
    "route-detail". `summary()` are the rows that say about what one is asked.
    """

    model = None
    route = ""
    related: tuple = ("organisation",)
    # A step that asks for nothing more.
    form_class = HouseForm
    name = label = kind = consequence = ""
    states: tuple = ()

    @classmethod
    def is_open(cls, row, user) -> bool:
        return row.state in cls.states and may(user, cls.permission, row.org_path)

    @classmethod
    def action(cls, row) -> dict:
        return {"url": reverse(f"{cls.route}-{cls.name}", args=[row.pk]), "label": cls.label, "kind": cls.kind}

    @property
    def submit_label(self):
        return self.label

    @property
    def row_url(self) -> str:
        return reverse(f"{self.route}-detail", args=[self.object.pk])

    def dispatch(self, request, *args, **kwargs):
        rows = self.model.objects.select_related(*self.related)
        self.object = get_in_scope(rows, request.user, self.permission, self.model.view_permission, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"{self.label}：{self.object}"

    def summary(self) -> list[dict]:
        return []

    def question(self):
        return {"consequence": self.consequence, "rows": self.summary()}

    def success_url(self, row):
        return self.row_url
