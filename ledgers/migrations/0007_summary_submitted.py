import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("ledgers", "0006_savedfilter"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="rostersummary",
            name="submitted_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="提交时间"),
        ),
        migrations.AddField(
            model_name="rostersummary",
            name="submitted_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="提交人",
            ),
        ),
        migrations.AddConstraint(
            model_name="rostersummary",
            constraint=models.CheckConstraint(
                condition=~models.Q(state="approved")
                | (models.Q(decided_by__isnull=False, decided_at__isnull=False) & ~models.Q(digest="")),
                name="summary_approved_by_somebody",
            ),
        ),
    ]
