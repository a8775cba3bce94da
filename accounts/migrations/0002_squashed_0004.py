import django.db.models.deletion
import django.utils.timezone
import federation.shared.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The tables as they stand after all that is replaced, made at once: an empty database has them in a third of the
    time. One that knows the replaced ones counts this as done."""

    replaces = [('accounts', '0002_apikey_assignment'), ('accounts', '0003_versions_and_limits'), ('accounts', '0004_account_of_a_worker')]

    dependencies = [
        ('accounts', '0001_user'),
        ('orgs', '0001_squashed_0007'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='version',
            field=models.PositiveIntegerField(default=1, editable=False, verbose_name='版本'),
        ),
        migrations.AddField(
            model_name='user',
            name='worker',
            field=models.OneToOneField(blank=True, help_text='对应以后，本人在“我的”里看得到自己的任职、上岗证、补贴和提醒', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='account', to='orgs.worker', verbose_name='对应的工作人员'),
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='例如：省残联年报系统', max_length=100, verbose_name='名称')),
                ('key_id', models.CharField(editable=False, max_length=16, unique=True, verbose_name='密钥编号')),
                ('secret_hash', models.CharField(editable=False, max_length=64)),
                ('org_path', federation.shared.fields.OrgPathField(editable=False, max_length=64, verbose_name='机构路径')),
                ('resources', models.JSONField(default=list, verbose_name='可读取的内容')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('is_active', models.BooleanField(default=True, verbose_name='启用')),
                ('expires_on', models.DateField(verbose_name='有效期至')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='建立时间')),
                ('last_used_at', models.DateTimeField(editable=False, null=True, verbose_name='最近使用')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='orgs.organisation', verbose_name='机构')),
            ],
            options={
                'verbose_name': '接口密钥',
                'verbose_name_plural': '接口密钥',
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'name'), name='api_key_name_once')],
            },
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('village_member', '村（社区）专职委员'), ('township_director', '乡镇（街道）理事长'), ('township_member', '乡镇（街道）专职委员'), ('county_clerk', '县残联经办'), ('county_leader', '县残联负责人'), ('association_officer', '专门协会工作人员'), ('upper_viewer', '市（省）残联查阅'), ('administrator', '系统管理员'), ('auditor', '审计员')], max_length=30, verbose_name='角色')),
                ('org_path', federation.shared.fields.OrgPathField(editable=False, max_length=64, verbose_name='机构路径')),
                ('since', models.DateField(default=django.utils.timezone.localdate, verbose_name='起')),
                ('until', models.DateField(blank=True, help_text='一直有效的不填；当天仍有效', null=True, verbose_name='止')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版本')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='orgs.organisation', verbose_name='机构')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to=settings.AUTH_USER_MODEL, verbose_name='账号')),
            ],
            options={
                'verbose_name': '角色分配',
                'verbose_name_plural': '角色分配',
                'constraints': [models.UniqueConstraint(fields=('user', 'role', 'organisation'), name='assignment_once'), models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gte', models.F('since')), _connector='OR'), name='assignment_ends_after_start')],
            },
        ),
    ]
