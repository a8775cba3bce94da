"""What the tests of the bank share: accounts, the sheet as the bank gets it, the file it answers with."""

import io
from datetime import date

import openpyxl

from committees import services
from committees.bank_sheets import ask_for_sheet
from federation.shared.export_files import fetch_once
from federation.shared.jobs import run_now
from federation.shared.normalise import with_check_digit
from federation.shared.workbooks import Column, Sheet, write_workbook

HEADINGS = ("批次号", "序号", "账号", "金额", "结果", "原因", "日期", "流水号")


def card(serial: int) -> str:
    return with_check_digit(f"622848{serial:012d}")


def with_account(appointment, number: str):
    worker = appointment.tenure.worker
    worker.payment_account = number
    worker.save()
    return appointment


def fetched(world, batch, sheet=1, file_format="xlsx") -> bytes:
    export = ask_for_sheet(
        batch=batch, sheet=sheet, by=world.clerk, file_format=file_format, purpose="交农商银行代发补贴"
    )
    run_now(export.job)
    export.refresh_from_db()
    assert export.state == "ready", export.refusal
    return b"".join(fetch_once(world.clerk, export.pk).streaming_content)


def cells(data: bytes) -> list[list]:
    rows = openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True)
    return [list(row) for row in rows]


def answer_file(*rows: dict) -> bytes:
    """The bank's workbook; a row says what differs from a success today."""
    sheet = Sheet(
        "回单", [Column(heading) for heading in HEADINGS], [[_cell(row, each) for each in HEADINGS] for row in rows]
    )
    return write_workbook([sheet]).file.read()


def _cell(row: dict, heading: str):
    usual = {"结果": "成功", "日期": date.today().isoformat(), "流水号": "20260715001"}
    return row.get(heading, usual.get(heading, ""))


def answer(payment, result="成功", **more) -> dict:
    row = {"批次号": str(payment.batch_id), "序号": str(payment.number), "金额": str(payment.amount), "结果": result}
    return row | ({"原因": "账户已销户"} if result == "失败" else {}) | more


def told(payment, outcome="paid", reason="", by=None) -> list:
    """The bank's word without a file."""
    one = services.Answer(payment, outcome, reason or ("账户已销户" if outcome == "failed" else ""), date.today(), "1")
    return services.register_answers(answers=[one], by=by)
