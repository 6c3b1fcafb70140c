"""A new deal's currency is the organisation's. Only Django is told: the table needs nothing, however many deals it holds."""

from django.db import migrations

import core.field.columns
import core.organisation.settings


def _column():
    return core.field.columns.CurrencyColumn(
        blank=True, default=core.organisation.settings.home_currency, max_length=3, verbose_name="currency"
    )


class Migration(migrations.Migration):
    dependencies = [("crm", "0005_faster_days")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(model_name="deal", name="currency", field=_column()),
                migrations.AlterField(model_name="target", name="currency", field=_column()),
            ]
        )
    ]
