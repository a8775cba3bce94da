from django.core.management.base import BaseCommand, CommandError

from ledgers.summaries.services import broken_summaries


class Command(BaseCommand):
    help = "Compares the figures of every approved 表一 with the digest taken at its approval."

    def handle(self, *args, **options):
        broken = broken_summaries()
        if broken:
            lines = "\n".join(f"{summary.organisation.name} {summary.as_of} 编号 {summary.uid}" for summary in broken)
            raise CommandError(f"{len(broken)} 份审定的汇总表和审定时的数字不一致：\n{lines}")
        self.stdout.write("审定的汇总表都和审定时的数字一致。")
