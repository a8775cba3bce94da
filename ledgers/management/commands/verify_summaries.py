from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from ledgers.summaries import triggers
from ledgers.summaries.services import broken_summaries


class Command(BaseCommand):
    help = "核对每份审定的表一：数字和审定时的摘要、审计日志里的摘要，以及数据库触发器；先列出最早被改的一份"

    def handle(self, *args, **options):
        faults = [str(each) for each in broken_summaries()]
        if faults:
            faults = [f"{len(faults)} 份审定的汇总表和审定时的数字不一致，第一份：", *faults]
        faults += [
            f"数据库触发器 {name} 不存在，审定的汇总表可能被改动。请重新运行 migrate 或联系开发者。"
            for name in triggers.missing(connection)
        ]
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write("审定的汇总表都和审定时的数字一致。")
