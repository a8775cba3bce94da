"""P-AZ-06: at a door (page, form, interface, export, job) rows come from `visible_to`, nowhere else."""

import ast
from pathlib import Path

from django.conf import settings

APPS = ("orgs", "accounts", "committees", "ledgers", "assessments", "campaigns", "federation")
DOORS = (
    "views",
    "api",
    "forms",
    "filters",
    "tables",
    "resources",
    "documents",
    "serializers",
    "panels",
    "tasks",
    "exports",
    "home",
    "search",
)
MANAGERS = {"objects", "_default_manager", "_base_manager"}
UNSCOPED = {
    "all",
    "filter",
    "get",
    "exclude",
    "first",
    "last",
    "values",
    "values_list",
    "in_bulk",
    "count",
    "exists",
    "aggregate",
    "annotate",
    "raw",
    "order_by",
    "select_related",
    "iterator",
    "latest",
}
NARROWING = {"visible_to", "in_scopes", "of_own"}


def doors() -> list[Path]:
    base = Path(settings.BASE_DIR)
    found = []
    for app in APPS:
        for path in sorted((base / app).rglob("*.py")):
            parts = path.relative_to(base).with_suffix("").parts
            if "migrations" in parts or "management" in parts or "demo" in parts:
                continue
            name = parts[-1]
            if any(part in DOORS for part in parts[1:]) or name.endswith("_views") or name.startswith("views_"):
                found.append(path)
    return found


class _Finder(ast.NodeVisitor):
    def __init__(self):
        self.found: list[tuple[str, int, str]] = []
        self.scope: list[str] = []
        self.narrowed = 0

    def _in(self, node):
        self.scope.append(node.name)
        self.generic_visit(node)
        self.scope.pop()

    visit_ClassDef = visit_FunctionDef = visit_AsyncFunctionDef = _in

    def visit_Call(self, node):
        chain = _chain(node)
        if any(name in NARROWING for name in chain):
            # The whole chain is scoped; its arguments are looked at by themselves.
            for argument in [*node.args, *(each.value for each in node.keywords)]:
                self.visit(argument)
            self._arguments_of_inner_calls(node.func)
            return
        if _is_unscoped(chain) or _is_shortcut(node):
            self.found.append((".".join(self.scope), node.lineno, ast.unparse(node)[:80]))
        self.generic_visit(node)

    def _arguments_of_inner_calls(self, node):
        while isinstance(node, (ast.Attribute, ast.Call)):
            if isinstance(node, ast.Call):
                for argument in [*node.args, *(each.value for each in node.keywords)]:
                    self.visit(argument)
                node = node.func
            else:
                node = node.value


def _chain(node) -> list[str]:
    """Names along a call such as Person.objects.filter(...).first(), outermost last."""
    names = []
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        else:
            break
    return names[::-1]


def _is_unscoped(chain) -> bool:
    for manager, method in zip(chain, chain[1:], strict=False):
        if manager in MANAGERS and method in UNSCOPED:
            return chain[-1] == method or True
    return chain[-1:] == ["cursor"]


def _is_shortcut(node) -> bool:
    """get_object_or_404(Model, …): the model itself, not a scoped queryset."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    return name in ("get_object_or_404", "get_list_or_404") and bool(node.args) and _is_class(node.args[0])


def findings(source: str) -> list[tuple[str, int, str]]:
    """(qualified name, line, expression) of every door that is not scoped; inner parts of a chain once."""
    finder = _Finder()
    finder.visit(ast.parse(source))
    lines = set()
    kept = []
    for where, line, text in finder.found:
        if (where, line) not in lines:
            lines.add((where, line))
            kept.append((where, line, text))
    return kept


def _is_class(node) -> bool:
    """A model by its name; a lower-case name is a queryset somebody made before."""
    return isinstance(node, ast.Name) and node.id[:1].isupper()
