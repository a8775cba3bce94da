import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from federation.shared.audit_check import HeadsUnreadable, check_log, export_heads, read_heads


class Command(BaseCommand):
    help = "核对审计日志是否被改动过；发现问题时说出第一条有问题的记录。退出码：0 完好，1 被改动，2 无法核对。"

    def add_arguments(self, parser):
        parser.add_argument("--heads", action="store_true", help="输出各条链的链头（JSON），请存到别的机器上")
        parser.add_argument("--against", metavar="文件", help="与以前用 --heads 存下的链头比较，可发现恢复旧副本")
        parser.add_argument("--json", action="store_true", help="用 JSON 输出结果")

    def handle(self, *args, heads, against, json: bool, **options):
        if heads:
            self.stdout.write(_dump(export_heads()))
            return
        exported = None
        if against:
            try:
                exported = read_heads(Path(against).read_text())
            except (OSError, UnicodeDecodeError, HeadsUnreadable) as error:
                raise CommandError(f"无法读取链头文件 {against}：{error}", returncode=2) from error
        result = check_log(exported=exported)
        if json:
            faults = [vars(fault) | {"text": str(fault)} for fault in result.faults]
            self.stdout.write(_dump({"records": result.records, "intact": not faults, "faults": faults}))
        elif not result.faults:
            self.stdout.write(f"审计日志完好：核对了 {result.records} 条记录。")
        if result.faults:
            sentences = "\n".join(str(fault) for fault in result.faults)
            raise CommandError(f"审计日志被改动过，第一处：\n{sentences}", returncode=1)


def _dump(content) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1)
