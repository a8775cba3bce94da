"""Generic pages: scoped list, detail, create, update. An app's view names queryset, form, columns, permission.

Outside scope is 404, a verb not granted 403; after every save the row is fetched again in scope and the
save rolled back where it is gone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.forms import ModelForm
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views import View

from federation.shared.export_kinds import ask_link
from federation.shared.history import VersionConflict, create_versioned, save_versioned
from federation.shared.kept_input import restored
from federation.shared.list_exports import BLOCK, ListExport, register_list
from federation.shared.submissions import answer_once
from federation.shared.tables import Page, Table


def get_in_scope(queryset, user, permission: str, view_permission: str | None = None, **lookup):
    """The row, asked for twice: 404 where the user does not see it, 403 where seeing is all that is granted."""
    row = get_object_or_404(queryset.visible_to(user, view_permission), **lookup)
    if not type(row)._default_manager.visible_to(user, permission).filter(pk=row.pk).exists():
        raise PermissionDenied("您可以查看这条记录，但没有修改它的权限。")
    return row


class ScopedView(View):
    """What every page of ours shares: title, breadcrumbs, permission."""

    permission: str = ""
    title = ""
    template_name = ""
    model = None

    def get_queryset(self):
        return self.model.objects.visible_to(self.request.user, self.permission)

    def breadcrumbs(self) -> list[dict]:
        return []

    def page(self, status=200, **context):
        context.setdefault("title", self.title)
        context.setdefault("breadcrumbs", self.breadcrumbs())
        return render(self.request, self.template_name, context, status=status)


class ScopedListView(ScopedView):
    """A table of rows in scope: filter, sort, page. The number of queries does not depend on the rows.

    `columns` are shared.tables.Column; `filterset_class` is a django-filter FilterSet; `ordering` names
    columns that may be sorted by. Keyset paging on (sort column, id) keeps far pages as quick as the first.
    """

    template_name = "generic/list.html"
    columns: list = []
    filterset_class = None
    ordering: tuple[str, ...] = ("id",)
    page_size = 50
    caption = ""
    # True, False, or the number of rows at which counting stops (see tables.Page).
    counts_rows: bool | int = True
    # How the list leaves as files: ListExports, or names of exports registered elsewhere.
    exports: tuple[ListExport | str, ...] = ()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for export in cls.__dict__.get("exports", ()):
            if isinstance(export, ListExport):
                register_list(cls, export)

    def get(self, request):
        queryset = self.get_queryset()
        filterset = self.filterset_for(queryset)
        page = self.read_page(queryset, filterset)
        self.prepare(page.rows)
        table = Table(self.caption or self.title, self.columns, page.rows, request=request, page=page)
        if not page.rows and (filterset is None or not filterset.is_bound):
            table.empty_text = self.nothing_yet() or table.empty_text
        return self.page(
            table=table,
            filter_form=filterset.form if filterset is not None else None,
            page=page,
            actions=[*self.actions(), *self.take_out()],
            **self.extra(),
        )

    def filterset_for(self, queryset):
        if self.filterset_class is None:
            return None
        return self.filterset_class(self.request.GET or None, queryset=queryset, request=self.request)

    def narrowed(self, queryset, filterset):
        """A filter that is filled in wrongly gives no rows."""
        if filterset is None:
            return queryset
        return queryset.none() if filterset.is_bound and not filterset.form.is_valid() else filterset.qs

    def read_page(self, queryset, filterset) -> Page:
        rows = self.narrowed(queryset, filterset)
        return Page(rows, self.request.GET, ordering=self.sort_names(), size=self.page_size, counts=self.counts_rows)

    def sort_names(self):
        return self.ordering

    def prepare(self, rows: list):
        """Attach to the rows of this page what its columns need, in a fixed number of queries."""

    def actions(self) -> list[dict]:
        return []

    def nothing_yet(self) -> str:
        """What an empty list says though nothing is filtered: what is missing, and how it is added."""
        return ""

    # --- the list as a file (see list_exports): the same rows, from the first to the last -------------

    def take_out(self) -> list[dict]:
        """The actions that ask for the list as a file, with the criteria that are set."""
        names = [export if isinstance(export, str) else export.name for export in self.exports]
        return [link for name in names for link in ask_link(name, self.request)]

    @classmethod
    def page_columns(cls) -> list:
        return cls.columns

    def rows_wanted(self):
        queryset = self.get_queryset()
        return self.narrowed(queryset, self.filterset_for(queryset))

    def count_rows(self, queryset) -> int:
        return queryset.count()

    def each_row(self, queryset) -> Iterator:
        return queryset.order_by(self.ordering[0], "pk").iterator(chunk_size=BLOCK)

    def extra(self) -> dict:
        return {}


@dataclass
class Section:
    """A heading with label/value rows of a detail page."""

    heading: str
    rows: list = field(default_factory=list)


class ScopedDetailView(ScopedView):
    template_name = "generic/detail.html"
    lookup = "pk"

    def get_object(self):
        return get_object_or_404(self.get_queryset(), **{self.lookup: self.kwargs[self.lookup]})

    def get(self, request, **kwargs):
        self.object = self.get_object()
        return self.page(
            object=self.object,
            title=self.get_title(),
            sections=self.sections(self.object),
            actions=self.actions(self.object),
            **self.extra(self.object),
        )

    def get_title(self):
        return str(self.object)

    def sections(self, row) -> list[Section]:
        return []

    def actions(self, row) -> list[dict]:
        return []

    def extra(self, row) -> dict:
        return {}


class ScopedFormView(ScopedView):
    """Base of create and update: the form takes `user=` for its choices; a refused save keeps what was typed."""

    template_name = "generic/form.html"
    form_class = None
    submit_label = "保存"
    success_message = "已保存。"
    # What is sent here after the login has ended is kept and comes back into the form (shared.kept_input).
    restores_input = True

    # A form that may be filled in without network (shared.offline).
    works_offline = False

    # A form that stores nothing may be sent again and again.
    answers_once = True

    def dispatch(self, request, *args, **kwargs):
        """What is sent carries a key: sent twice it has one effect."""
        work = partial(super().dispatch, request, *args, **kwargs)
        return answer_once(request, work) if request.method == "POST" and self.answers_once else work()

    def form_kwargs(self) -> dict:
        """`get_form` of every page of ours passes these on; `kept` only where there is something."""
        kept = restored(self.request)
        return {"user": self.request.user} | ({"kept": kept} if kept else {})

    def sent(self):
        """What was sent, also where that is nothing: a form without fields is filled in by being sent."""
        return self.request.POST if self.request.method == "POST" else None

    def get_form(self, instance=None):
        """A form that is no record's takes neither files nor an instance."""
        if not issubclass(self.form_class, ModelForm):
            return self.form_class(self.sent(), **self.form_kwargs())
        files = self.request.FILES if self.request.method == "POST" else None
        return self.form_class(self.sent(), files, instance=instance, **self.form_kwargs())

    def show(self, form, status=200, **context):
        title = f"错误：{self.get_title()}" if form.errors else self.get_title()
        return self.page(
            form=form,
            heading=self.get_title(),
            title=title,
            submit_label=self.submit_label,
            cancel_url=self.cancel_url(),
            works_offline=self.works_offline,
            status=422 if form.errors and status == 200 else status,
            **context,
        )

    def get_title(self):
        return self.title

    def cancel_url(self):
        return self.success_url(getattr(self, "object", None))

    def success_url(self, row):
        raise NotImplementedError

    def still_in_scope(self, row):
        """Save, then fetch again: a row moved out of the user's scope is rolled back by the exception."""
        if not type(row)._default_manager.visible_to(self.request.user, self.permission).filter(pk=row.pk).exists():
            raise PermissionDenied("保存后的记录不在您负责的范围内，没有保存。请检查所选的机构。")


def add_refusal(form, refusal: ValidationError):
    """Put a service's refusal where it belongs: beside its field, or above the form."""
    if hasattr(refusal, "error_dict"):
        for field_name, errors in refusal.error_dict.items():
            form.add_error(field_name if field_name in form.fields else None, errors)
    else:
        form.add_error(None, refusal)


class ScopedActView(ScopedFormView):
    """A page that asks before something is done to the one row `self.object` (set in `dispatch`).

    `question()` gives what the page tells before; `act(values)` calls the service, which may refuse in a
    sentence: that comes back on the form with what was typed.
    """

    template_name = "generic/confirm.html"

    def get_form(self, instance=None):
        return self.form_class(self.sent(), **self.form_kwargs())

    def question(self) -> dict:
        return {}

    def act(self, values: dict):
        raise NotImplementedError

    def ask(self, form):
        return self.show(form, **self.question())

    def get(self, request, **kwargs):
        return self.ask(self.get_form())

    def post(self, request, **kwargs):
        form = self.get_form()
        if not form.is_valid():
            return self.ask(form)
        try:
            with transaction.atomic():
                self.act(form.cleaned_data)
        except VersionConflict as conflict:
            form.add_error(None, str(conflict))
            return self.ask(form)
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.ask(form)
        messages.success(request, self.success_message)
        return redirect(self.success_url(self.object))


class ScopedCreateView(ScopedFormView):
    def initial_instance(self):
        """An unsaved row with what the URL decides (its organisation), or None."""
        return None

    def get(self, request, **kwargs):
        return self.show(self.get_form(self.initial_instance()))

    def post(self, request, **kwargs):
        form = self.get_form(self.initial_instance())
        if not form.is_valid():
            return self.show(form)
        try:
            with transaction.atomic():
                row = self.create(form)
                self.still_in_scope(row)
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.show(form)
        messages.success(request, self.success_message)
        return redirect(self.success_url(row))

    def create(self, form):
        row = form.save(commit=False)
        create_versioned(row, by=self.request.user)
        form.save_m2m()
        return row


class ScopedUpdateView(ScopedFormView):
    lookup = "pk"
    conflict_template_name = "409.html"

    def get_object(self):
        return get_in_scope(
            self.model.objects, self.request.user, self.permission, **{self.lookup: self.kwargs[self.lookup]}
        )

    def get(self, request, **kwargs):
        self.object = self.get_object()
        return self.show(self.get_form(self.object))

    def post(self, request, **kwargs):
        self.object = self.get_object()
        form = self.get_form(self.object)
        if not form.is_valid():
            return self.show(form)
        try:
            with transaction.atomic():
                row = self.update(form)
                self.still_in_scope(row)
        except VersionConflict as conflict:
            return self.conflict(form, conflict)
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.show(form)
        messages.success(request, self.success_message)
        return redirect(self.success_url(row))

    def update(self, form):
        row = form.save(commit=False)
        save_versioned(row, by=self.request.user, expected_version=self.submitted_version())
        form.save_m2m()
        return row

    def submitted_version(self) -> int:
        """The version the form was filled from; a form without it is refused, not trusted."""
        try:
            return int(self.request.POST["version"])
        except (KeyError, ValueError):
            raise Http404("缺少版本号") from None

    def conflict(self, form, conflict):
        """Both versions side by side; what was typed stays in the form, which now carries the newer version."""
        form.data = form.data.copy()
        form.data["version"] = conflict.stored.version
        return render(
            self.request,
            self.conflict_template_name,
            {
                "title": "这条记录刚被别人改过",
                "form": form,
                "differences": conflict.differences,
                "stored": conflict.stored,
                "cancel_url": self.cancel_url(),
                "submit_label": self.submit_label,
                "breadcrumbs": self.breadcrumbs(),
            },
            status=409,
        )
