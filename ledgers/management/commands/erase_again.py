from django.core.management.base import BaseCommand
from django.db import transaction

from ledgers.erasure import erase_again


class Command(BaseCommand):
    help = "恢复备份后，把以前已经删除过个人信息的人再次删除（放行后台任务时会自动先做一次）。可以重复运行。"

    def handle(self, *args, **options):
        with transaction.atomic():
            count = erase_again(by=None)
        self.stdout.write(f"再次删除了 {count} 人的个人信息。" if count else "没有需要再次删除的人。")
