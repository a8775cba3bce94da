from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from federation.shared.jobs.gate import release_jobs


class Command(BaseCommand):
    help = "从备份恢复后放行后台任务：release_jobs --as 账号。放行前请核对恢复的数据，备份之后做过的事要重做。"

    def add_arguments(self, parser):
        parser.add_argument("--as", dest="username", required=True, help="谁放行；须有管理后台任务的权限")

    def handle(self, *args, username, **options):
        user = get_user_model().objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"没有可用的账号“{username}”。请核对 --as 后面的账号。")
        if not user.has_scope("jobs.manage"):
            raise CommandError("这个账号没有管理后台任务的权限。请换一个系统管理员的账号。")
        with transaction.atomic():
            is_new = release_jobs(by=user)
        self.stdout.write("后台任务已放行，排队的任务会继续。" if is_new else "后台任务没有停，不需要放行。")
