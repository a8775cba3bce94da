"""One set of pages for every kind of fact a body owns: add, change, delete what was entered by mistake."""

from django.contrib import messages
from django.db import models
from django.http import Http404
from django.shortcuts import redirect

from federation.shared.views import ScopedCreateView, ScopedFormView, ScopedUpdateView, get_in_scope
from orgs.facts import BY_SLUG, FactKind
from orgs.forms import ReasonForm, form_class_of
from orgs.models import Organisation
from orgs.services import delete_fact
from orgs.views.pages import ShowsRefusals, crumbs_of, organisation_url


class _FactPage(ShowsRefusals):
    permission = "organisations.edit"

    @property
    def kind(self) -> FactKind:
        try:
            return BY_SLUG[self.kwargs["kind"]]
        except KeyError:
            raise Http404("没有这种登记内容") from None

    @property
    def model(self):
        return self.kind.model

    @property
    def form_class(self):
        return form_class_of(self.kind)

    def breadcrumbs(self):
        return [*crumbs_of(self.organisation(), self.request.user), {"label": self.get_title()}]

    def success_url(self, row):
        return f"{organisation_url(self.organisation())}#{self.kind.slug}"


class FactCreateView(_FactPage, ScopedCreateView):
    success_message = "已登记。"

    def organisation(self):
        if not hasattr(self, "_organisation"):
            self._organisation = get_in_scope(
                Organisation.objects, self.request.user, self.permission, Organisation.view_permission,
                pk=self.kwargs["pk"],
            )  # fmt: skip
        return self._organisation

    def get_title(self):
        return f"登记{self.kind.label}"

    def initial_instance(self):
        return self.model(organisation=self.organisation())

    def form_kwargs(self):
        """What the address names (`?kind=petition`) is filled in already."""
        given = {name: self.request.GET[name] for name in self.kind.fields if name in self.request.GET}
        return super().form_kwargs() | {"initial": given}


class FactUpdateView(_FactPage, ScopedUpdateView):
    def organisation(self):
        return self.object.organisation

    def get_object(self):
        return get_in_scope(
            self.model.objects.select_related("organisation"),
            self.request.user,
            self.permission,
            self.model.view_permission,
            pk=self.kwargs["pk"],
        )

    def get_title(self):
        return f"修改{self.kind.label}"


class FactDeleteView(_FactPage, ScopedFormView):
    template_name = "generic/confirm.html"
    submit_label = "删除"

    def organisation(self):
        return self.object.organisation

    def get_title(self):
        return f"删除{self.kind.label}"

    def get_object(self):
        return get_in_scope(
            self.model.objects.select_related("organisation"),
            self.request.user,
            self.permission,
            self.model.view_permission,
            pk=self.kwargs["pk"],
        )

    def ask(self, form):
        rows = [{"label": "机构", "value": self.object.organisation.name}]
        for name in self.kind.fields:
            field = self.model._meta.get_field(name)
            if not isinstance(field, (models.FileField, models.TextField)):
                shown = getattr(self.object, f"get_{name}_display", None)
                rows.append({"label": field.verbose_name, "value": shown() if shown else getattr(self.object, name)})
        ending = f"已经{self.kind.ending_word}的，请改填{self.kind.ending_word}日期。" if self.kind.ends else ""
        consequence = f"只有登记错了才删除，删除后不能恢复。{ending}"
        return self.show(form, consequence=consequence, rows=rows, danger=True)

    def get(self, request, **kwargs):
        self.object = self.get_object()
        return self.ask(ReasonForm(**self.form_kwargs()))

    def post(self, request, **kwargs):
        self.object = self.get_object()
        form = ReasonForm(request.POST, **self.form_kwargs())
        if not form.is_valid():
            return self.ask(form)
        url = self.success_url(None)
        delete_fact(fact=self.object, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, "已删除。")
        return redirect(url)
