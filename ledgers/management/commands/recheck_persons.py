"""`manage.py recheck_persons`: recompute the data-quality columns after the rules changed."""

from django.core.management.base import BaseCommand

from ledgers.services import recheck_persons


class Command(BaseCommand):
    help = "按现行的检查规则重新计算残疾人登记表的缺项数和数据问题"

    def handle(self, *args, **options):
        self.stdout.write(f"已重新检查，{recheck_persons()} 条登记表的结果有变化。")
