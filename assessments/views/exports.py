"""Downloads of a run's tables: logged with who, what and how many rows."""

from django.http import Http404
from django.utils import timezone

from assessments.filters import ResultFilter
from assessments.resources import league_sheets, matrix_sheets
from assessments.services import definition_of
from assessments.tables import labels_of, people_in_charge
from assessments.views.runs import RunView
from federation.shared import audit
from federation.shared.workbooks.writer import write_workbook, written_response

TABLES = {"matrix": "达标矩阵", "league": "百分制排名表"}


class RunExportView(RunView):
    permission = "tables.export"

    def get(self, request, pk, table):
        run = self.get_run()
        if table not in TABLES or not run.has_results:
            raise Http404("没有这张表")
        definition = definition_of(run)
        filters = ResultFilter(request.GET, run=run, definition=definition, user=request.user)
        results = filters.apply(self.results(run)).in_order()
        results = list(results)
        labels = labels_of(results)
        if table == "matrix":
            people = people_in_charge([result.organisation_id for result in results], request.user, run.as_of)
            sheets = matrix_sheets(definition, filters.chosen_items, results, people, labels)
        else:
            sheets = league_sheets(definition, results, labels)
        when = timezone.localtime().strftime("%Y-%m-%d %H:%M")
        written = write_workbook(sheets, watermark=f"{run}　{run.get_state_display()}　{request.user} {when} 下载")
        audit.record(
            "run.exported", actor=request.user, target=run, organisation=run.organisation,
            details={"table": table, "filter": filters.asked(), "rows": len(results), "sha256": written.sha256},
        )  # fmt: skip
        return written_response(f"{run}_{TABLES[table]}", written)
